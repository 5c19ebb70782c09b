"""Compares an answer with what was recalled for it. Pure and deterministic: looks for values, understands nothing.

An answer contradicts when it was to say the value of the best recalled fact, is short enough to be a value itself, does
not admit ignorance, and holds neither that value nor that of another recalled fact. Longer answers are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from a3x.memory.recall import Source
from a3x.stores import phrasing

Verdict = Literal["agrees", "contradicts", "repaired"]
MAX_ANSWER_WORDS = 30
"""An answer with more words may say more than the value and less than its contrary."""
_UNKNOWN = re.compile(
    r"\b(?:(?:do not|don['’]t|not) (?:\w+ )?know|no idea|not sure|não sei|não (?:\w+ )?(?:conheço|lembro))\b",
    re.IGNORECASE,
)


def check(answer: str, sources: Sequence[Source]) -> Verdict | None:
    """None where there is nothing to compare, or the answer is no value."""
    if (
        not sources
        or not sources[0].value
        or not answer.strip()
        or len(answer.split()) > MAX_ANSWER_WORDS
        or _UNKNOWN.search(answer)
    ):
        return None
    said = _folded(answer)
    for source in sources:
        value = _folded(source.value)
        if f" {value} " in f" {said} " or f" {said} " in f" {value} ":
            return "agrees"
    return "contradicts"


def _folded(text: str) -> str:
    """Words without case, accents and signs around them; signs inside a value ("10.0.0.1", "a-b") count."""
    plain = phrasing.unaccented(text.casefold())
    return " ".join(stripped for word in plain.split() if (stripped := word.strip("'\"`“”‘’«».,;:!?()")))
