"""Asks every item of a suite through an injected ``answer`` and grades what comes back. Knows no engine of its own.

Answers are asked for a few at a time, so that the engine can batch them, the shortest questions first, because prompts of
like length share a pass; results keep the order of the suite.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

from a3x.errors import EngineFailure, Overloaded
from a3x.judge.executed import Runner
from a3x.judge.graders import Reply, Score, grade
from a3x.judge.suites import Item, Suite
from a3x.types import Clock, Completion, Engine, Generation, Mix, Sampling

CONCURRENCY = 8
ANSWER_TOKENS = 256
"""Longest answer that is waited for; golds are far shorter."""
PATIENCE_S = 0.1
"""Between two tries to get an item into a full queue."""


class Answered(Protocol):
    """The part of a Completion that is judged: reasoning is no part of it."""

    @property
    def text(self) -> str: ...
    @property
    def tool_calls(self) -> tuple[str, ...]: ...


Answer = Callable[[Item], Awaitable[Answered]]


@dataclass(frozen=True)
class SuiteResult:
    """One suite, answered once. ``scores`` by item id: 1, 0 or None for not judged. ``answers`` are in item order."""

    suite: str
    sha256: str
    scores: Mapping[str, Score]
    answers: tuple[str, ...] = field(repr=False)
    seconds: float = 0.0

    @property
    def right(self) -> int:
        return sum(score == 1 for score in self.scores.values())

    @property
    def not_judged(self) -> int:
        return sum(score is None for score in self.scores.values())


async def run_suite(
    suite: Suite, answer: Answer, clock: Clock, runner: Runner | None = None, concurrency: int = CONCURRENCY
) -> SuiteResult:
    """Ask and grade every item. The first error of ``answer`` ends the run: half a result is no result."""
    began, stamp = clock.monotonic(), int(clock.now())
    free = asyncio.Semaphore(concurrency)

    async def one(item: Item) -> tuple[Score, str]:
        async with free:
            answered = await answer(item)
            reply = Reply(answered.text, tuple(answered.tool_calls))
            score = await asyncio.to_thread(grade, item, reply, runner, stamp)
        return score, "".join((reply.text, *reply.tool_calls))

    tasks = {item.id: asyncio.ensure_future(one(item)) for item in sorted(suite.items, key=_length)}
    try:
        done = await asyncio.gather(*(tasks[item.id] for item in suite.items))
    finally:
        for task in tasks.values():
            task.cancel()
    scores: dict[str, Score] = {item.id: score for item, (score, _) in zip(suite.items, done, strict=True)}
    return SuiteResult(suite.name, suite.sha256, scores, tuple(text for _, text in done), clock.monotonic() - began)


def _length(item: Item) -> int:
    return sum(len(message.content) for message in item.messages)


def answer_with(engine: Engine, mix: Mix, max_tokens: int = ANSWER_TOKENS) -> Answer:
    """Greedy answers of an engine with one mix. While its queue is full of users' requests, an item waits."""

    async def answer(item: Item) -> Completion:
        while True:
            try:
                return await once(item)
            except Overloaded:
                await asyncio.sleep(PATIENCE_S)

    async def once(item: Item) -> Completion:
        request = Generation(item.messages, mix, Sampling(temperature=0.0, max_tokens=max_tokens), priority="judging")
        async with aclosing(engine.generate(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Completion):
                    return piece
        raise EngineFailure(f"the engine ended without an answer to item {item.id}")

    return answer
