"""How many threads compute the next step: found by trying, over and over, because it depends on who else wants the cores.

llama.cpp's threads wait for each other many times a step. On a free machine more of them are faster; where another process
computes, one that is not scheduled holds up the rest, and a single thread can be the fastest by far. Which numbers of
threads there are to choose from is the caller's to say; the results must not depend on it (docs/decisions/0005).
Knows no llama.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SPINS = 20_000
"""Turns that a thread of GNU's OpenMP waits awake for the next piece of work, about a millisecond, before it sleeps: its own
300 000 keep cores busy long after an answer, and 0 makes every one of a step's hundred meetings a system call."""
FIRST_GAP, LONGEST_GAP = 16, 512
"""Steps between two trials of another number: doubled whenever one loses, few again after a change."""
TRIAL_STEPS = 4
"""The first of a trial, in which threads wake up, does not count."""
MEMORY = 1 / 32
"""Weight of the newest step in the mean of the number in use."""


@dataclass
class _Shape:
    """What is known about steps of one size: the number in use, mean seconds a step by number, the trial under way."""

    means: list[float | None]
    used: int
    tried: int | None = None
    spent: float = 0.0
    left: int = FIRST_GAP
    gap: int = FIRST_GAP
    up: bool = False


def counts(cores: int) -> tuple[int, ...]:
    """1, 2, 4, … and all."""
    return tuple(sorted({min(cores, 1 << power) for power in range(cores.bit_length() + 1)}))


class Pace:
    """Chooses among ``counts``, rising; the most are tried first."""

    def __init__(self, counts: Sequence[int]) -> None:
        self._counts = tuple(counts)
        self._shapes: dict[int, _Shape] = {}

    @property
    def most(self) -> int:
        return self._counts[-1]

    def threads(self, rows: int) -> int:
        """For the next step, of so many tokens."""
        if len(self._counts) == 1:
            return self._counts[0]
        shape = self._shape(rows)
        return self._counts[shape.used if shape.tried is None else shape.tried]

    def took(self, rows: int, seconds: float) -> None:
        """How long that step was."""
        if len(self._counts) == 1:
            return
        shape = self._shape(rows)
        shape.left -= 1
        if shape.tried is not None:
            self._try(shape, shape.tried, seconds)
            return
        known = shape.means[shape.used]
        shape.means[shape.used] = seconds if known is None else known + MEMORY * (seconds - known)
        if shape.left <= 0:
            self._begin_trial(shape)
        elif (best := _least(shape.means)) != shape.used:
            shape.used, shape.left, shape.gap = best, FIRST_GAP, FIRST_GAP

    def _shape(self, rows: int) -> _Shape:
        size = rows.bit_length()
        if size not in self._shapes:
            self._shapes[size] = _Shape([None] * len(self._counts), len(self._counts) - 1)
        return self._shapes[size]

    def _begin_trial(self, shape: _Shape) -> None:
        """Of the next larger and the next smaller number in turn."""
        shape.up = (not shape.up or shape.used == 0) and shape.used < len(self._counts) - 1
        shape.tried = shape.used + (1 if shape.up else -1)
        shape.spent, shape.left = 0.0, TRIAL_STEPS

    def _try(self, shape: _Shape, tried: int, seconds: float) -> None:
        if shape.left < TRIAL_STEPS - 1:
            shape.spent += seconds
        if shape.left > 0:
            return
        shape.means[tried] = shape.spent / (TRIAL_STEPS - 1)
        won = _least(shape.means) == tried
        shape.gap = FIRST_GAP if won else min(2 * shape.gap, LONGEST_GAP)
        shape.used = tried if won else shape.used
        shape.tried, shape.left = None, shape.gap


def _least(means: Sequence[float | None]) -> int:
    """The number whose steps are the shortest, of those that are known; the smaller among equals."""
    known = [(mean, index) for index, mean in enumerate(means) if mean is not None]
    return min(known)[1]
