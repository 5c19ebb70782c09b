"""One turn: recall → names → mix → engine → tools → critique → record.

Knows no HTTP and no llama.cpp; everything comes in by the constructor.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from a3x.agent import critique
from a3x.agent.calling import ClientCall, Wishes, client_calls, grammar
from a3x.agent.router import Router
from a3x.agent.tools import Tool, ToolUse, call
from a3x.errors import A3XError, BadRequest, Overloaded, PromptTooLong
from a3x.memory.recall import Recalled, Source
from a3x.memory.record import new_id, span
from a3x.types import (
    Clock,
    Completion,
    Engine,
    Experience,
    Generation,
    Message,
    Mix,
    Piece,
    RawPrompt,
    Sampling,
    TokenStats,
)

MAX_TOOL_ROUNDS = 4


@dataclass(frozen=True)
class TurnRequest:
    """What a client asks. ``learn`` off stores nothing; ``context`` is recorded beside the span.

    ``raw`` is a prompt to continue instead of ``messages`` to answer; ``echo`` yields it first, scored, and such a turn is a
    measurement: nothing is stored. ``choice`` counts the turns that answer the same question, from 0. ``recall`` looks into
    memory first. ``streamed``: what was said is read at once and cannot be repaired.
    """

    messages: tuple[Message, ...]
    model: str = "a3x"
    sampling: Sampling = Sampling()
    session: str = ""
    learn: bool = True
    context: Mapping[str, Any] = field(default_factory=dict)
    wishes: Wishes = Wishes()
    raw: RawPrompt | None = None
    echo: bool = False
    top_logprobs: int | None = None
    choice: int = 0
    recall: bool = True
    streamed: bool = False


@dataclass(frozen=True)
class TurnResult:
    """The end of a turn, yielded last, after the experience is committed.

    ``recorded`` is False with learning off or a full disk. ``completion`` sums tokens and texts over the tool rounds.
    ``calls`` are the client's to run; ``echoed`` is the prompt and its tokens, if it was to be echoed. ``sources`` were
    recalled before answering; ``verdict`` is what comparing the answer with them came to.
    """

    experience_id: str
    recorded: bool
    completion: Completion
    mix: Mix
    tools: tuple[ToolUse, ...] = ()
    calls: tuple[ClientCall, ...] = ()
    echoed: Piece | None = None
    sources: tuple[Source, ...] = ()
    verdict: critique.Verdict | None = None


class ExperienceSink(Protocol):
    """Where experiences go; ``memory.record.Recorder`` is the real one."""

    async def record(self, experience: Experience) -> bool:
        """True once it is on disk; False if the disk is full."""
        ...


class CorrectionSink(Protocol):
    """Hears of every stored turn; ``agent.corrections.ChatCorrections`` is the real one."""

    async def notice(self, messages: Sequence[Message], session: str, experience_id: str) -> None: ...


class Recalling(Protocol):
    """Looks into memory; ``memory.recall.Recall`` is the real one."""

    async def recall(self, messages: tuple[Message, ...]) -> Recalled: ...


class Agent:
    """Answers turns: ``turn`` yields pieces as they become final, then one TurnResult."""

    def __init__(
        self,
        engine: Engine,
        router: Router,
        sink: ExperienceSink,
        tools: Mapping[str, Tool],
        clock: Clock,
        corrections: CorrectionSink | None = None,
        memory: Recalling | None = None,
    ) -> None:
        self._engine = engine
        self._router = router
        self._sink = sink
        self._tools = tools
        self._clock = clock
        self._corrections = corrections
        self._memory = memory
        self._answering = 0
        self._quiet_since = clock.monotonic()
        self._recording: set[asyncio.Task[bool]] = set()

    def quiet_s(self) -> float:
        """Seconds since anybody was being answered."""
        return 0.0 if self._answering else self._clock.monotonic() - self._quiet_since

    async def turn(self, request: TurnRequest) -> AsyncGenerator[Piece | TurnResult, None]:
        """Raises BadRequest and its kin before the first piece; a failure later is recorded and raised."""
        self._answering += 1
        try:
            async with aclosing(self._turn(request)) as items:
                async for item in items:
                    yield item
        finally:
            self._answering -= 1
            self._quiet_since = self._clock.monotonic()

    async def _turn(self, request: TurnRequest) -> AsyncGenerator[Piece | TurnResult, None]:
        mix = self._router.mix(request.model)
        turn = _Turn(new_id(self._clock), request)
        sampling = replace(request.sampling, grammar=grammar(request.wishes, self._tools))
        try:
            if request.echo:
                yield await self._echo(turn, mix)
            if sampling.max_tokens == 0:
                turn.rounds.append(_nothing(turn, mix, self._engine.info.sha256))
            else:
                await self._recall(turn)
                async with aclosing(self._answer(turn, mix, sampling)) as pieces:
                    async for piece in pieces:
                        yield piece
        except (BadRequest, Overloaded):
            raise
        except A3XError as error:
            await self._record(turn, error.message)
            raise
        except (GeneratorExit, asyncio.CancelledError):
            self._record_later(turn, "the client left before the end")
            raise
        recorded = await self._record(turn)
        if recorded and self._corrections and request.choice == 0:
            await self._corrections.notice(request.messages, request.session, turn.id)
        yield TurnResult(
            turn.id,
            recorded,
            turn.completion(),
            mix,
            tuple(turn.uses),
            turn.calls,
            turn.echoed,
            turn.recalled.sources,
            turn.verdict,
        )

    async def settle(self) -> None:
        """Wait for the records of turns whose clients left."""
        await asyncio.gather(*self._recording)

    async def _echo(self, turn: _Turn, mix: Mix) -> Piece:
        """The prompt as the first piece, with its tokens' log-probabilities."""
        prompt = turn.request.raw
        assert prompt is not None
        tokens = await self._engine.score(prompt, mix, turn.request.top_logprobs or 0)
        text = prompt if isinstance(prompt, str) else await self._engine.detokenize(prompt)
        turn.echoed = Piece(text, tokens=tokens)
        return turn.echoed

    async def _recall(self, turn: _Turn) -> None:
        """What memory knows about the question; a raw prompt is continued as it is."""
        if self._memory is not None and turn.request.recall and turn.request.raw is None:
            turn.recalled = await self._memory.recall(turn.request.messages)

    async def _answer(self, turn: _Turn, mix: Mix, sampling: Sampling) -> AsyncGenerator[Piece, None]:
        """The rounds, compared with what was recalled; one that contradicts it is written once more unless it was streamed."""
        may_repair = bool(turn.recalled.sources) and not turn.request.streamed and sampling.grammar is None
        held: list[Piece] = []
        async with aclosing(self._rounds(turn, mix, sampling)) as pieces:
            async for piece in pieces:
                if may_repair:
                    held.append(piece)
                else:
                    yield piece
        if not turn.calls and not turn.uses and turn.completion().finish_reason == "stop":
            turn.verdict = critique.check(turn.completion().text, turn.recalled.sources)
        if may_repair and turn.verdict == "contradicts":
            held = await self._repaired(turn, mix, sampling) or held
        for piece in held:
            yield piece

    async def _repaired(self, turn: _Turn, mix: Mix, sampling: Sampling) -> list[Piece]:
        """The answer written once more from the best source alone; nothing if that contradicts it again, or fails."""
        rounds, recalled = turn.rounds, turn.recalled
        turn.rounds, turn.recalled = [], recalled.only_best(turn.request.messages)
        try:
            async with aclosing(self._rounds(turn, mix, sampling)) as rest:
                pieces = [piece async for piece in rest]
            agrees = critique.check(turn.completion().text, turn.recalled.sources) == "agrees"
        except A3XError:  # the first answer stands
            agrees, pieces = False, []
        if agrees and not turn.calls:
            turn.verdict = "repaired"
            return pieces
        turn.rounds, turn.recalled, turn.uses, turn.calls = rounds, recalled, [], ()
        return []

    async def _rounds(self, turn: _Turn, mix: Mix, sampling: Sampling) -> AsyncGenerator[Piece, None]:
        """Generate, run what tools the model calls, and go on with their results, until the client has to run one."""
        request, messages = turn.request, turn.recalled.messages
        shown, rivals = request.wishes.offered, request.top_logprobs
        for _ in range(MAX_TOOL_ROUNDS):
            wanted = Generation(messages, mix, sampling, shown, request.raw, rivals)
            try:
                async with aclosing(self._engine.generate(wanted)) as items:
                    async for item in items:
                        if isinstance(item, Piece):
                            yield item
                        else:
                            turn.rounds.append(item)
            except PromptTooLong:
                if turn.rounds or not turn.recalled.sources:
                    raise
                turn.recalled = Recalled(request.messages)  # it would have fitted without notes
                messages = request.messages
                continue
            last = turn.rounds[-1]
            if not last.tool_calls or last.finish_reason != "stop":
                return
            turn.calls = client_calls(request.wishes, last.tool_calls)
            if turn.calls:
                return
            results = [call(self._tools, text) for text in last.tool_calls]
            turn.uses += results
            messages += (Message("assistant", last.raw), *(Message("tool", use.result) for use in results))
            if sampling.max_tokens is not None:
                left = sampling.max_tokens - last.completion_tokens
                if left <= 0:
                    return
                sampling = replace(sampling, max_tokens=left)

    async def _record(self, turn: _Turn, error: str = "") -> bool:
        if not turn.request.learn or turn.request.echo:
            return False
        if isinstance(turn.request.raw, tuple):
            turn.prompt = await self._engine.detokenize(turn.request.raw)
        return await self._sink.record(turn.experience(error, self._clock.now()))

    def _record_later(self, turn: _Turn, error: str) -> None:
        """A task of its own: the generator that asks is being closed and must not wait."""
        if turn.request.learn:
            task = asyncio.get_running_loop().create_task(self._record(turn, error))
            self._recording.add(task)
            task.add_done_callback(self._recording.discard)


class _Turn:
    """A turn on its way: the rounds the engine answered and the tools that ran."""

    def __init__(self, id: str, request: TurnRequest) -> None:
        self.id = id
        self.request = request
        self.rounds: list[Completion] = []
        self.uses: list[ToolUse] = []
        self.calls: tuple[ClientCall, ...] = ()
        self.echoed: Piece | None = None
        self.recalled = Recalled(request.messages)
        self.verdict: critique.Verdict | None = None
        self.prompt = request.raw if isinstance(request.raw, str) else ""

    def completion(self) -> Completion:
        return _joined(self.rounds)

    def experience(self, error: str, when: float) -> Experience:
        return span(
            id=self.id,
            messages=self.request.messages if self.request.raw is None else (Message("user", self.prompt),),
            session=self.request.session,
            completion=_joined(self.rounds) if self.rounds else None,
            tools=[
                *({**vars(use), "arguments": dict(use.arguments)} for use in self.uses),
                *map(_handed_over, self.calls),
            ],
            error=error,
            when=when,
            environment=self.request.context,
            sources=[{"experience_id": one.experience_id, "score": one.score} for one in self.recalled.sources],
            did="chat" if self.request.raw is None else "complete",
        )


def _handed_over(asked: ClientCall) -> dict[str, Any]:
    """A call in the span's ``tools``: what came of it is the client's next message."""
    return {"name": asked.name, "arguments": json.loads(asked.arguments), "run_by": "client"}


def _nothing(turn: _Turn, mix: Mix, model_sha256: str) -> Completion:
    """The end of a turn that only scores its prompt."""
    tokens = len(turn.echoed.tokens) if turn.echoed else 0
    return Completion("", "length", tokens, 0, 0, TokenStats((), ()), mix, model_sha256, raw="")


def _joined(rounds: list[Completion]) -> Completion:
    """The rounds of one turn as one completion: texts and counts added up, the last round's ending."""
    if len(rounds) == 1:
        return rounds[0]
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
        tokens=tuple(token for part in rounds for token in part.tokens),
        prefill_s=sum(part.prefill_s for part in rounds),
        decode_s=sum(part.decode_s for part in rounds),
    )
