"""One turn: names → mix → engine → tools → record. Knows no HTTP and no llama.cpp; everything comes in by the constructor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from a3x.types import Completion, Message, Mix, Piece, Sampling


@dataclass(frozen=True)
class TurnRequest:
    """What a client asks. ``learn`` off stores nothing; ``system_fields`` is recorded beside the span, never read."""

    messages: tuple[Message, ...]
    model: str = "a3x"
    sampling: Sampling = Sampling()
    session: str = ""
    learn: bool = True
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ToolUse:
    """One tool the agent ran on its own account."""

    name: str
    arguments: dict[str, Any]
    result: str
    ok: bool


@dataclass(frozen=True)
class TurnResult:
    """The end of a turn, yielded last, after the experience is committed.

    ``recorded`` is False with learning off or a full disk; tokens are summed over the tool rounds.
    """

    experience_id: str
    recorded: bool
    completion: Completion
    mix: Mix
    prompt_tokens: int
    completion_tokens: int
    tools: tuple[ToolUse, ...] = ()


class Agent:
    """Answers turns. ``turn`` yields pieces as they become final, then one TurnResult."""

    async def turn(self, request: TurnRequest) -> AsyncIterator[Piece | TurnResult]:
        raise NotImplementedError
        yield
