"""One turn: names → mix → engine → tools → record. Knows no HTTP and no llama.cpp; everything comes in by the constructor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from a3x.agent.router import Router
from a3x.agent.tools import Tool, ToolUse, call
from a3x.errors import A3XError, BadRequest, Overloaded
from a3x.types import Completion, Engine, Generation, Message, Mix, Piece, Sampling, TokenStats

MAX_TOOL_ROUNDS = 4


@dataclass(frozen=True)
class TurnRequest:
    """What a client asks. ``learn`` off stores nothing; ``context`` is recorded beside the span."""

    messages: tuple[Message, ...]
    model: str = "a3x"
    sampling: Sampling = Sampling()
    session: str = ""
    learn: bool = True
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TurnResult:
    """The end of a turn, yielded last, after the experience is committed.

    ``recorded`` is False with learning off or a full disk. ``completion`` sums tokens and texts over the tool rounds.
    """

    experience_id: str
    recorded: bool
    completion: Completion
    mix: Mix
    tools: tuple[ToolUse, ...] = ()


@dataclass(frozen=True)
class Turn:
    """What the recorder is told about one turn; ``completion`` is None and ``error`` set for a failed one."""

    id: str
    request: TurnRequest
    mix: Mix
    completion: Completion | None
    tools: tuple[ToolUse, ...]
    error: str = ""


class TurnRecorder(Protocol):
    """Where turns go; ``memory.record`` is the real one."""

    def new_id(self) -> str: ...

    async def record(self, turn: Turn) -> bool:
        """True once the turn is on disk; False if the disk is full."""
        ...


class Agent:
    """Answers turns: ``turn`` yields pieces as they become final, then one TurnResult."""

    def __init__(self, engine: Engine, router: Router, recorder: TurnRecorder, tools: Mapping[str, Tool]) -> None:
        self._engine = engine
        self._router = router
        self._recorder = recorder
        self._tools = tools
        self._recording: set[asyncio.Task[bool]] = set()

    async def turn(self, request: TurnRequest) -> AsyncGenerator[Piece | TurnResult, None]:
        """Raises BadRequest and its kin before the first piece; a failure later is recorded and raised."""
        mix = self._router.mix(request.model)
        turn_id = self._recorder.new_id()
        rounds: list[Completion] = []
        uses: list[ToolUse] = []
        try:
            async with aclosing(self._rounds(request, mix, rounds, uses)) as pieces:
                async for piece in pieces:
                    yield piece
        except (BadRequest, Overloaded):
            raise
        except A3XError as error:
            await self._record(request, Turn(turn_id, request, mix, _joined(rounds), tuple(uses), error.message))
            raise
        except (GeneratorExit, asyncio.CancelledError):
            left = Turn(turn_id, request, mix, _joined(rounds), tuple(uses), "the client left before the end")
            self._record_later(request, left)
            raise
        completion = _joined(rounds)
        assert completion is not None
        recorded = await self._record(request, Turn(turn_id, request, mix, completion, tuple(uses)))
        yield TurnResult(turn_id, recorded, completion, mix, tuple(uses))

    async def settle(self) -> None:
        """Wait for the records of turns whose clients left."""
        await asyncio.gather(*self._recording)

    async def _rounds(
        self, request: TurnRequest, mix: Mix, rounds: list[Completion], uses: list[ToolUse]
    ) -> AsyncGenerator[Piece, None]:
        """Generate, run what tools the model calls, and go on with their results."""
        messages, sampling = request.messages, request.sampling
        for _ in range(MAX_TOOL_ROUNDS):
            async with aclosing(self._engine.generate(Generation(messages, mix, sampling))) as items:
                async for item in items:
                    if isinstance(item, Piece):
                        yield item
                    else:
                        rounds.append(item)
            last = rounds[-1]
            if not last.tool_calls or last.finish_reason != "stop":
                return
            results = [call(self._tools, text) for text in last.tool_calls]
            uses += results
            messages += (Message("assistant", last.raw), *(Message("tool", use.result) for use in results))
            if sampling.max_tokens is not None:
                sampling = replace(sampling, max_tokens=sampling.max_tokens - last.completion_tokens)
                if sampling.max_tokens <= 0:
                    return

    async def _record(self, request: TurnRequest, turn: Turn) -> bool:
        return await self._recorder.record(turn) if request.learn else False

    def _record_later(self, request: TurnRequest, turn: Turn) -> None:
        """A task of its own: the generator that asks is being closed and must not wait."""
        if request.learn:
            task = asyncio.get_running_loop().create_task(self._recorder.record(turn))
            self._recording.add(task)
            task.add_done_callback(self._recording.discard)


def _joined(rounds: list[Completion]) -> Completion | None:
    """The rounds of one turn as one completion: texts and counts added up, the last round's ending."""
    if not rounds:
        return None
    return replace(
        rounds[-1],
        text="".join(part.text for part in rounds),
        raw="".join(part.raw for part in rounds),
        reasoning="".join(part.reasoning for part in rounds),
        tool_calls=tuple(text for part in rounds for text in part.tool_calls),
        prompt_tokens=sum(part.prompt_tokens for part in rounds),
        completion_tokens=sum(part.completion_tokens for part in rounds),
        cached_tokens=sum(part.cached_tokens for part in rounds),
        stats=TokenStats(
            tuple(value for part in rounds for value in part.stats.logprobs),
            tuple(value for part in rounds for value in part.stats.entropies),
        ),
        prefill_s=sum(part.prefill_s for part in rounds),
        decode_s=sum(part.decode_s for part in rounds),
    )
