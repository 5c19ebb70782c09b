"""One request on its way to the engine and through it, and how what it yields reaches the asyncio loop. Knows no llama.cpp."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from a3x.engine.burst import Flag, Hand
from a3x.engine.contexts import Seat
from a3x.engine.cuts import next_cut
from a3x.engine.lookup import Drafts
from a3x.engine.plan import BRIEF_CONTEXT
from a3x.engine.score import Scoring
from a3x.engine.writer import Writer
from a3x.types import Clock, Completion, FinishReason, Generation, Piece, TokenStats

Item = Piece | Completion | Exception

GAP_S = 1 / 20
"""A fast stream's pieces go out this often at most, more often than an eye can tell: waking the loop and writing an
event for every token would take longer than a small model's step. The first piece and the end never wait."""


BRIEF_TOKENS = 192
"""Prompt and answer up to here are computed quicker with flash attention on a processor, on the whole; of judges the prompt
alone, because they allow a long answer and get a short one (docs/decisions/0022)."""


class Draws(Hand, Protocol):
    """The part of ``sampling.Sampler`` that a step needs."""

    def draw(self, context: Any, row: int) -> int:
        """The token drawn from one row of the last decode; -1 is its last."""
        ...

    def close(self) -> None: ...


class Mailbox:
    """Where the asker waits; lives on the loop. Pieces that nobody fetched yet grow together."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.abandoned = False
        self.begun = False
        """Set by the engine thread with the first piece."""
        self._items: deque[Item] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def receive(self, item: Item) -> None:
        last = self._items[-1] if self._items else None
        if isinstance(item, Piece) and isinstance(last, Piece) and item.reasoning == last.reasoning:
            self._items[-1] = Piece(last.text + item.text, item.reasoning, last.tokens + item.tokens)
        else:
            self._items.append(item)
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self) -> Item:
        while not self._items:
            self._waiter = self.loop.create_future()
            await self._waiter
        return self._items.popleft()


class Outbox:
    """Carries items from the engine thread to the loop: first pieces at once, ends after their step, others ``GAP_S`` apart.

    A bell thread rings the loop: waking a loop lets go of Python's lock, and the engine thread would get it back only when
    the loop has done its work. Handing the bell a note does not, so the loop works while the engine is inside llama.cpp.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._items: deque[tuple[Mailbox, Item]] = deque()
        self._ends: list[tuple[Mailbox, Item]] = []
        self._rung = False
        self._rang_at = self._flushed_at = 0.0
        self._notes: queue.SimpleQueue[asyncio.AbstractEventLoop | None] = queue.SimpleQueue()
        self._bell = threading.Thread(target=self._ring, name="engine-bell", daemon=True)
        self._bell.start()

    def put(self, mailbox: Mailbox, item: Item) -> None:
        """A first piece wakes the loop now; an end is kept back until ``flush``, so that who hears it finds it in the status."""
        if not isinstance(item, Piece):
            self._ends.append((mailbox, item))
            return
        self._items.append((mailbox, item))
        if not mailbox.begun:
            mailbox.begun = True
            self._wake(self._clock.monotonic())

    def flush(self) -> None:
        """After a step and what is told of it: wake the loop for ends, and for pieces if the next step would be too late."""
        now = self._clock.monotonic()
        step, self._flushed_at = now - self._flushed_at, now
        ends, self._ends = self._ends, []
        self._items += ends
        if ends or (self._items and now + step - self._rang_at >= GAP_S):
            self._wake(now)

    def _wake(self, now: float) -> None:
        if not self._rung:
            self._rung, self._rang_at = True, now
            self._notes.put(self._items[0][0].loop)

    def close(self) -> None:
        """Ring for the last time."""
        self._notes.put(None)
        self._bell.join()

    def _ring(self) -> None:
        while (loop := self._notes.get()) is not None:
            try:
                loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:  # a loop that is gone is a listener that is gone
                for mailbox, _ in self.take():
                    mailbox.abandoned = True

    def take(self) -> Iterator[tuple[Mailbox, Item]]:
        """Everything that has been put; what is put from here on rings again."""
        self._rung = False
        while self._items:
            yield self._items.popleft()

    def _deliver(self) -> None:
        for mailbox, item in self.take():
            mailbox.receive(item)


@dataclass(eq=False)
class Stream:
    """What is asked, what has been computed and drawn of it. ``asked_at`` and the like are monotonic seconds.

    With ``scoring`` the prompt is scored and nothing is answered.

    The engine thread sets everything but ``mailbox.abandoned``: ``prompt``, ``room`` and ``writer`` when it first looks,
    ``seat`` and ``sampler`` at admission, ``position`` (tokens in memory), ``drawn`` and ``tokens`` step by step.
    """

    request: Generation
    mailbox: Mailbox
    asked_at: float
    scoring: Scoring | None = None
    prompt: list[int] = field(default_factory=list)
    room: int = 0
    writer: Writer | None = None
    seat: Seat | None = None
    sampler: Draws | None = None
    position: int = 0
    drawn: int = -1
    """The token to compute next; -1 while the prompt is read, and when the answer has ended."""
    tokens: list[int] = field(default_factory=list)
    """All that were drawn, those that are not told yet among them."""
    drafts: Drafts | None = None
    admitted_at: float = 0.0
    first_at: float = 0.0
    logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)

    @property
    def watched(self) -> bool:
        """Python looks at every row: it draws, or the rivals of each token are wanted."""
        return self.request.top_logprobs is not None or (self.sampler is not None and self.sampler.chain is None)

    @property
    def reading(self) -> bool:
        return self.position < len(self.prompt)

    @property
    def chunk(self) -> list[int]:
        """The next stretch of the prompt to compute."""
        return self.prompt[self.position : next_cut(self.position, len(self.prompt))]

    @property
    def ends_prompt(self) -> bool:
        """Whether that is the prompt's last stretch."""
        return next_cut(self.position, len(self.prompt)) == len(self.prompt)

    @property
    def brief(self) -> bool:
        """Whether it is short altogether; what is scored is computed alike whatever its length."""
        tokens = len(self.prompt) + self.room
        counted = len(self.prompt) if self.request.priority == "judging" else tokens
        return counted <= BRIEF_TOKENS and tokens <= BRIEF_CONTEXT and self.scoring is None

    def late(self, now: float) -> bool:
        deadline = self.request.deadline_s
        return deadline is not None and now - self.asked_at > deadline

    def completion(self, finish: FinishReason, model_sha256: str, now: float) -> Completion:
        assert self.seat is not None
        assert self.writer is not None
        return Completion(
            text=self.writer.answer,
            finish_reason=finish,
            prompt_tokens=len(self.prompt),
            completion_tokens=len(self.logprobs),
            cached_tokens=self.seat.kept,
            stats=TokenStats(tuple(self.logprobs), tuple(self.entropies)),
            mix=self.request.mix,
            model_sha256=model_sha256,
            raw=self.writer.split.raw,
            reasoning=self.writer.reasoning,
            tool_calls=tuple(self.writer.split.tool_calls),
            prefill_s=self.first_at - self.admitted_at,
            decode_s=now - self.first_at,
            tokens=tuple(self.scoring.tokens if self.scoring else self.writer.tokens),
        )


class Inbox:
    """What others ask of the engine thread; ``news`` is raised when there is something, or somebody has left."""

    def __init__(self) -> None:
        self.news = Flag()
        self._items: queue.SimpleQueue[Stream | Callable[[], None] | None] = queue.SimpleQueue()

    def put(self, item: Stream | Callable[[], None] | None) -> None:
        """None: end."""
        self._items.put(item)
        self.news.raise_()

    def take(self, wait: bool) -> Iterator[Stream | Callable[[], None] | None]:
        """All there is, and at least one with ``wait``. What was news while it waited is taken, and no news any more."""
        first = [self._items.get()] if wait else []
        self.news.lower()
        yield from first
        while not self._items.empty():
            yield self._items.get()
