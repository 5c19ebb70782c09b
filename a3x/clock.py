"""Clocks: the machine's, and one that only moves when a test says so. Knows nothing of sleeping or scheduling."""

from __future__ import annotations

import time


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


class HandClock:
    """A clock moved by hand. ``advance`` moves both readings, ``step`` the wall time alone, as NTP would."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("time does not go back; use step for a corrected wall clock")
        self._now += seconds
        self._monotonic += seconds

    def step(self, seconds: float) -> None:
        self._now += seconds
