"""What a mailbox does with pieces that nobody fetched yet, how often the loop is woken, what is news to the engine."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable
from typing import Any, cast

from a3x.clock import HandClock
from a3x.engine.streams import GAP_S, Inbox, Item, Mailbox, Outbox
from a3x.types import Piece, TokenLogprob


def test_pieces_grow_together_with_their_tokens_and_reasoning_stays_apart() -> None:
    async def body() -> list[Item]:
        mailbox = Mailbox(asyncio.get_running_loop())
        for item in (piece_of("a", reasoning=True), piece_of("b"), piece_of("c")):
            mailbox.receive(item)
        return [await mailbox.next(), await mailbox.next()]

    thought, said = asyncio.run(body())
    assert thought == piece_of("a", reasoning=True)
    assert said == piece_of("bc")


def piece_of(text: str, reasoning: bool = False) -> Piece:
    return Piece(text, reasoning, tuple(TokenLogprob(ord(each), each.encode(), -0.5) for each in text))


class CountingLoop:
    """Stands in for the asyncio loop: keeps what it was asked to call."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()

    def call_soon_threadsafe(self, call: Callable[[], Any]) -> None:
        self.calls.put(call)


def wake_ups(step_s: float, steps: int) -> int:
    """How often the loop is woken for one stream with a piece a step, the first of them and the end apart."""
    clock, loop = HandClock(), CountingLoop()
    outbox, mailbox = Outbox(clock), Mailbox(cast(asyncio.AbstractEventLoop, loop))
    count = 0
    for number in range(steps):
        clock.advance(step_s)
        outbox.put(mailbox, piece_of(str(number)))
        outbox.flush()
        if outbox._rung:
            loop.calls.get(timeout=5)()
            count += 1
    outbox.put(mailbox, RuntimeError("the end"))
    outbox.flush()
    loop.calls.get(timeout=5)()
    outbox.close()
    return count - 1


def test_a_slow_streams_pieces_go_out_one_by_one() -> None:
    assert wake_ups(step_s=GAP_S, steps=50) == 49


def test_a_fast_streams_pieces_go_out_in_the_screens_rhythm_and_its_first_and_last_at_once() -> None:
    assert 10 <= wake_ups(step_s=GAP_S / 10, steps=100) <= 12


def test_an_end_is_heard_only_after_what_is_told_of_its_step() -> None:
    """The first piece of another stream wakes the loop in the middle of a step; the end's status is not written yet then."""
    loop = CountingLoop()
    outbox = Outbox(HandClock())
    ended, begun = (Mailbox(cast(asyncio.AbstractEventLoop, loop)) for _ in range(2))
    outbox.put(ended, RuntimeError("the end"))
    outbox.put(begun, piece_of("a"))
    loop.calls.get(timeout=5)()
    assert (len(ended._items), len(begun._items)) == (0, 1)
    outbox.flush()
    loop.calls.get(timeout=5)()
    assert len(ended._items) == 1
    outbox.close()


class PutWhileWaiting(queue.SimpleQueue[Any]):
    """Somebody puts an item while the taker waits for one."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        self._inbox.put(print)
        return super().get()


def test_what_was_waited_for_is_no_news_once_it_is_taken() -> None:
    """Else every answer's first burst would end after one token."""
    inbox = Inbox()
    inbox._items = PutWhileWaiting(inbox)
    assert list(inbox.take(wait=True)) == [print]
    assert not inbox.news.raised


def test_what_comes_afterwards_is_news_and_is_not_lost() -> None:
    inbox = Inbox()
    inbox.put(print)
    taken = inbox.take(wait=True)
    assert next(taken) is print
    inbox.put(None)
    assert inbox.news.raised
    assert list(taken) == [None]
