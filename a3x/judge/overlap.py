"""Whether a benchmark item also stands in a training text, by word n-grams. Knows nothing of scores or of generators.

An n-gram counts when at least half of it is of the question: canonical answers are trained on by design, the question
that leads to them is what must be new. Questions and answers of up to ``n`` words together count as one gram.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

N = 8
WORD = re.compile(r"\w+")


class Seen:
    """The n-grams of training texts, to be asked about items. Holds hashes only, 8 bytes an n-gram and Python's overhead."""

    def __init__(self, n: int = N) -> None:
        self.n = n
        self._grams: set[int] = set()

    def add(self, question: str, answer: str) -> None:
        """Note one trained exchange."""
        self._grams.update(map(hash, grams(question, answer, self.n)))

    def holds(self, question: str, answer: str) -> bool:
        """Whether any n-gram of this exchange was trained on."""
        return any(hash(gram) in self._grams for gram in grams(question, answer, self.n))

    def __len__(self) -> int:
        return len(self._grams)


def grams(question: str, answer: str, n: int = N) -> Iterable[tuple[str, ...]]:
    """Every ``n`` words in a row of which half are the question's; the first ``n`` of a very short question."""
    asked, answered = WORD.findall(question.lower()), WORD.findall(answer.lower())
    words = tuple(asked + answered)
    last = min(len(asked) - n // 2, len(words) - n)
    return [words[start : start + n] for start in range(max(last, 0) + 1)]
