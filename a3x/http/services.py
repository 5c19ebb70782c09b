"""What the routes need of the rest of the house, as protocols. ``app.App`` offers it; tests bring fakes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Protocol

from a3x.agent.turn import TurnRequest, TurnResult
from a3x.engine.embedding import TextEmbedder
from a3x.memory.search import Results
from a3x.memory.transfer import BatchResult, Line
from a3x.stores.cycles import Cycle, Step
from a3x.stores.facts import Fact
from a3x.stores.filters import Filter
from a3x.stores.forgetting import Selection
from a3x.types import Adapter, Experience, Feedback, Piece


class Answering(Protocol):
    """The agent. Closing the generator cancels the turn; errors before the first item are A3XErrors."""

    def turn(self, request: TurnRequest) -> AsyncGenerator[Piece | TurnResult, None]: ...


class Remembering(Protocol):
    """The experiences, newest first by sequence number."""

    def get(self, id: str, /) -> Experience: ...

    def recent(
        self, limit: int = 50, before_seq: int | None = None, session: str | None = None
    ) -> Sequence[Experience]: ...

    def count(self) -> int: ...

    def feedback(self, id: str, /) -> Sequence[Feedback]: ...


class Stating(Protocol):
    """What the user stated."""

    def recent(self, limit: int = 50, before: int | None = None, replaced: bool = False) -> Sequence[Fact]: ...


class Searching(Protocol):
    """Search over the experiences."""

    async def search(self, query: str, limit: int, only: Filter) -> Results: ...


class Shelving(Protocol):
    """The installed adapter versions."""

    def list(self, theme: str | None = None) -> Sequence[Adapter]: ...

    def get(self, theme: str, version: int) -> Adapter: ...

    def get_any(self, theme: str, version: int) -> Adapter: ...

    def withdrawn(self, theme: str | None = None) -> Sequence[Adapter]: ...

    def manifest(self, theme: str, version: int) -> Mapping[str, Any]: ...


class Cycling(Protocol):
    """The learning cycles."""

    def get(self, id: str) -> Cycle: ...

    def steps(self, id: str) -> Sequence[Step]: ...

    def recent(self, limit: int = 50) -> Sequence[Cycle]: ...


class Services(Protocol):
    """Everything behind the routes. ``agent`` raises NotReady while the model is loading."""

    @property
    def agent(self) -> Answering: ...

    @property
    def experiences(self) -> Remembering: ...

    @property
    def search(self) -> Searching: ...

    @property
    def facts(self) -> Stating: ...

    @property
    def adapters(self) -> Shelving: ...

    @property
    def cycles(self) -> Cycling: ...

    @property
    def embedder(self) -> TextEmbedder: ...

    async def import_adapter(self, theme: str, data: bytes) -> Adapter: ...

    async def import_spans(self, lines: Sequence[Line]) -> BatchResult: ...

    async def give_feedback(self, feedback: Feedback) -> str | None:
        """Store it; a correction becomes a record, whose id is returned."""
        ...

    def why(self, id: str) -> Mapping[str, Any]:
        """An experience's priority and label, in figures and words. NotFound."""
        ...

    def memory_map(self, limit: int) -> Mapping[str, Any]:
        """What is asked about: clusters, the largest first."""
        ...

    async def forget(self, selection: Selection, preview: bool) -> dict[str, Any]:
        """What goes, by kind; nothing is changed by a preview."""
        ...

    async def train(self, theme: str) -> Cycle:
        """Open a cycle. Conflict if nothing is new or one is going on."""
        ...

    def active_names(self) -> set[str]:
        """Versions (``theme@N``) that serve on the loaded base."""
        ...

    def preview(self, theme: str) -> dict[str, Any]: ...

    def events(self, cycle: str) -> Sequence[Mapping[str, Any]]: ...

    def verdict(self, id: str) -> dict[str, Any]: ...

    async def rollback(self, theme: str, to: int | None) -> Adapter | None: ...

    async def verify(self) -> list[str]: ...

    async def tokenize(self, text: str, begin: bool) -> list[int]:
        """Token ids; ``begin`` puts the start token in front if the model wants one."""
        ...

    async def detokenize(self, tokens: Sequence[int]) -> str: ...

    def vocabulary(self) -> dict[str, Any]:
        """``bos_token``, ``eos_token``, ``chat_template`` and the like."""
        ...

    def status(self) -> dict[str, Any]: ...

    def ready(self) -> bool: ...
