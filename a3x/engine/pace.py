"""How many threads compute the next step: found by trying, over and over, because it depends on who else wants the cores.

llama.cpp's threads wait for each other many times a step. On a free machine more of them are faster; where another process
computes, one that is not scheduled holds up the rest, and a single thread can be the fastest by far. Which numbers of
threads there are to choose from is the caller's to say; the results must not depend on it (docs/decisions/0005).
Knows no llama.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence

FIRST_GAP, LONGEST_GAP, SELDOM = 8, 512, 4096
"""Steps between two trials of another number: doubled whenever one loses, few again after a change. While all cores are in use
a trial can only be of fewer, which on a free machine is time lost, and comes up to so seldom."""
TRIAL_STEPS = 7
"""Of a trial; with more threads one before, in which they wake up. A trial that can no longer win ends."""
HOPELESS = 1.4
"""So does one whose first two steps both took so many times what the number in use takes: on a free machine fewer threads take
twice as long, and each such step of a model of 100 M parameters costs as much as a word."""
MEMORY = 1 / 32
"""Weight of the newest step in the mean of the number in use."""
LATE = 8.0
"""A later step counts as so many times the quickest of its size: one that waited 20 ms for a core says less than three
that waited 4."""


def counts(cores: int) -> tuple[int, ...]:
    """1, 2, 4, … and all."""
    return tuple(sorted({min(cores, 1 << power) for power in range(cores.bit_length() + 1)}))


class Pace:
    """Chooses among ``counts``, rising; the most are tried first.

    Steps of different sizes are compared by how much longer they took than the quickest of their size.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        self._counts = tuple(counts)
        self.spent_s = 0.0
        """All that llama.cpp computed, tokens and prompts."""
        self._quickest: dict[int, float] = {}
        self._means: list[float | None] = [None] * len(counts)
        self._used = len(counts) - 1
        self._tried: int | None = None
        self._trial: list[float] = []
        self._left = self._gap = FIRST_GAP
        self._up = False

    @property
    def most(self) -> int:
        return self._counts[-1]

    def threads(self) -> int:
        """For the next step."""
        return self._counts[self._used if self._tried is None else self._tried]

    @property
    def certain(self) -> int:
        """Steps, at least one, after which the number may be another."""
        if len(self._counts) == 1:
            return LONGEST_GAP
        return 1 if self._tried is not None else max(1, self._left)

    def took(self, rows: int, seconds: float) -> None:
        """How long that step, of so many tokens, was."""
        if len(self._counts) == 1:
            return
        size = rows.bit_length()
        quickest = self._quickest[size] = min(seconds, self._quickest.get(size, seconds))
        slowness = min(seconds / quickest, LATE) if quickest > 0 else 1.0
        if self._tried is not None:
            self._trial.append(slowness)
            self._judge_trial(self._tried)
            return
        known = self._means[self._used]
        self._means[self._used] = slowness if known is None else known + MEMORY * (slowness - known)
        self._left -= 1
        if self._left <= 0:
            self._begin_trial()
        elif (best := self._best()) != self._used:
            self._use(best, FIRST_GAP)

    def _begin_trial(self) -> None:
        """Of the next larger and the next smaller number in turn."""
        self._up = (not self._up or self._used == 0) and self._used < len(self._counts) - 1
        self._tried, self._trial = self._used + (1 if self._up else -1), []

    def _judge_trial(self, tried: int) -> None:
        counted, now = self._trial[tried > self._used :], self._means[self._used]
        hopeless = (
            now is not None
            and len(counted) > 1
            and (sum(counted) >= TRIAL_STEPS * now or (len(counted) == 2 and min(counted) >= HOPELESS * now))
        )
        if len(counted) < TRIAL_STEPS and not hopeless:
            return
        self._means[tried] = sum(counted) / len(counted)
        won = self._best() == tried
        longest = SELDOM if self._used == len(self._counts) - 1 else LONGEST_GAP
        self._use(tried if won else self._used, FIRST_GAP if won else min(2 * self._gap, longest))

    def _use(self, index: int, gap: int) -> None:
        self._used, self._tried = index, None
        self._left = self._gap = gap

    def _best(self) -> int:
        """The number whose steps are the quickest, of those that are known; the smaller among equals."""
        return min((mean, index) for index, mean in enumerate(self._means) if mean is not None)[1]
