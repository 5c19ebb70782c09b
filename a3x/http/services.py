"""What the routes need of the rest of the house, as protocols. ``app.App`` offers it; tests bring fakes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Protocol

from a3x.agent.turn import TurnRequest, TurnResult
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

    async def add_feedback(self, feedback: Feedback) -> None: ...


class Shelving(Protocol):
    """The installed adapter versions."""

    def list(self, theme: str | None = None) -> Sequence[Adapter]: ...

    def get(self, theme: str, version: int) -> Adapter: ...

    def manifest(self, theme: str, version: int) -> Mapping[str, Any]: ...


class Services(Protocol):
    """Everything behind the routes. ``agent`` raises NotReady while the model is loading."""

    @property
    def agent(self) -> Answering: ...

    @property
    def experiences(self) -> Remembering: ...

    @property
    def adapters(self) -> Shelving: ...

    async def import_adapter(self, theme: str, data: bytes) -> Adapter: ...

    def status(self) -> dict[str, Any]: ...

    def ready(self) -> bool: ...
