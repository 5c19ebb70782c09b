"""Drafts of an answer: what followed its last tokens when they stood there before, and whether trying that out pays.

Pure bookkeeping. Knows no context: whether a draft may be tried, and what became of it, is ``speculate``'s.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

NGRAM = 3
"""So many last tokens are looked for; two stand in too many places by chance."""
MOST = 7
"""Tokens of a draft: with the token before them the eight columns up to which kernels for few columns are used."""
MARGIN = 1.1
"""A draft has to promise so many times the tokens a second: what it is judged by is an estimate."""
FIRST_SHARE = 0.3
"""Taken for the share of foretold tokens that hold before any was seen: so few that nothing is drafted on trust."""
PATIENCE = 3
"""The first share counts for so many tokens seen."""
FIRST_EXTRA = 0.3
"""Taken for the time of another row in a step, of that of a step with one row, before any was measured."""
MEMORY = 1 / 16
"""Weight of the newest in what is remembered of shares and times."""
DRIFT = 1 / 1024
"""So slowly, with every step without a draft, a measured cost returns to the assumed one: a bad moment is forgotten."""
CLASSES = 5
"""Matches of 3, 4 to 7, 8 to 15, 16 to 31 and more tokens: the longer one has held, the likelier it holds on."""


class Drafts:
    """The tokens of one stream, and where its last ones stood before. Every token costs the same, however many there are."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens = list(tokens)
        self._answered = 0
        runs = zip(*(self._tokens[begin:] for begin in range(NGRAM)), strict=False)
        # the last run is left out: nothing follows it yet
        self._after = dict(zip(runs, range(NGRAM, len(self._tokens)), strict=False))
        self._at = -1
        self.matched = 0
        """Tokens up to the last that are as they were before; 0 if they never were."""
        self._find()

    def follow(self, answer: Sequence[int], saw: Callable[[int, bool], None]) -> None:
        """Take in what is new of the whole answer; ``saw`` hears of each foretold token: by what match, and if it held."""
        for token in answer[self._answered :]:
            self._add(token, saw)
        self._answered = len(answer)

    def draft(self, count: int) -> list[int]:
        """The next tokens if all goes on as before; what repeats itself is drafted around. Empty without a match."""
        if self._at < 0:
            return []
        period = len(self._tokens) - self._at
        return [self._tokens[self._at + step % period] for step in range(count)]

    def _add(self, token: int, saw: Callable[[int, bool], None]) -> None:
        held = self._at >= 0 and self._tokens[self._at] == token
        if self._at >= 0:
            saw(self.matched, held)
        if len(self._tokens) >= NGRAM:
            self._after[tuple(self._tokens[-NGRAM:])] = len(self._tokens)
        self._tokens.append(token)
        if held:
            self._at += 1
            self.matched += 1
        else:
            self._find()

    def _find(self) -> None:
        self._at = self._after.get(tuple(self._tokens[-NGRAM:]), -1)
        self.matched = NGRAM if self._at >= 0 else 0


class Worth:
    """How many tokens to draft: learned from all streams, also from drafts that were only looked at and not computed.

    So answers in which nothing repeats itself cost nothing but the looking.
    """

    def __init__(self) -> None:
        self._shares = [FIRST_SHARE] * CLASSES
        self._seen = [PATIENCE] * CLASSES
        self._extra = FIRST_EXTRA
        self._step_s = 0.0
        self.quickest_s = math.inf
        """The shortest step with one row so far: what one takes where nothing else wants the processor."""

    def saw(self, matched: int, held: bool) -> None:
        """A token that a match of so many tokens foretold has come, or another one."""
        kind = _kind(matched)
        self._seen[kind] += 1
        self._shares[kind] += max(MEMORY, 1 / self._seen[kind]) * (held - self._shares[kind])

    def took(self, rows: int, seconds: float) -> None:
        """How long a step of one stream was. A single slow one counts for no more than twice what is known."""
        if rows > 1:
            if self._step_s > 0.0:
                extra = (seconds / self._step_s - 1) / (rows - 1)
                self._extra += MEMORY * (min(max(extra, 0.0), 2 * self._extra + DRIFT) - self._extra)
            return
        self.quickest_s = min(self.quickest_s, seconds)
        self._extra += DRIFT * (FIRST_EXTRA - self._extra)
        known = self._step_s or seconds
        self._step_s = known + MEMORY * (min(seconds, 2 * known) - known)

    def length(self, matched: int, most: int) -> int:
        """The draft that promises the most tokens a second; 0 if none promises clearly more than no draft."""
        best, best_gain = 0, MARGIN
        chance = expected = 1.0
        for count in range(1, most + 1 if matched else 0):
            chance *= self._shares[_kind(matched + count - 1)]
            expected += chance
            gain = expected / (1 + count * self._extra)
            if gain > best_gain:
                best, best_gain = count, gain
        return best


def _kind(matched: int) -> int:
    return min(matched.bit_length() - NGRAM.bit_length(), CLASSES - 1)
