"""Who is next: which waiting request is admitted first, and which mix computes the next step. Pure decisions on injected time."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from a3x.types import Priority

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

LEVELS: dict[Priority, int] = {"user": 0, "agent": 1, "judging": 2}
PATIENCE_S = 5.0
"""A request of the next lower level goes before one that comes this much later, so that nothing waits for ever."""
WEIGHTS: dict[Priority, int] = {"user": 4, "agent": 2, "judging": 1}
"""Turns a mix gets when another with other requests wants some too."""


def urgency(priority: Priority, asked_at: float) -> float:
    """The smaller, the sooner: when a person would have had to ask to be as urgent, in monotonic seconds."""
    return asked_at + LEVELS[priority] * PATIENCE_S


class Waiting(Generic[T]):
    """Requests that have no sequence yet, most urgent first."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T, Priority]] = []
        self._arrivals = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, item: T, priority: Priority, now: float) -> None:
        heapq.heappush(self._heap, (urgency(priority, now), next(self._arrivals), item, priority))

    def in_order(self) -> list[T]:
        return [item for _, _, item, _ in sorted(self._heap, key=lambda entry: entry[:2])]

    def keep(self, items: Iterable[T]) -> None:
        """Everything else has been admitted or has left."""
        wanted = {id(item) for item in items}
        self._heap = [entry for entry in self._heap if id(entry[2]) in wanted]
        heapq.heapify(self._heap)

    def lengths(self) -> dict[Priority, int]:
        count = Counter(priority for *_, priority in self._heap)
        return {priority: count[priority] for priority in LEVELS}


class Turns(Generic[K]):
    """Shares steps among lanes in proportion to their weights (stride scheduling); new lanes start level with the others."""

    def __init__(self) -> None:
        self._passed: dict[K, float] = {}

    def next(self, lanes: dict[K, Priority]) -> K:
        """The lane that is furthest behind; lanes that are not named any more are forgotten."""
        floor = min((self._passed[lane] for lane in lanes if lane in self._passed), default=0.0)
        self._passed = {lane: self._passed.get(lane, floor) for lane in lanes}
        return min(lanes, key=lambda lane: self._passed[lane])

    def took(self, lane: K, priority: Priority) -> None:
        self._passed[lane] = self._passed.get(lane, 0.0) + 1.0 / WEIGHTS[priority]
