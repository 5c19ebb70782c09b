"""What a user's next message says of the answer before it, in English and Portuguese. Pure; stores and decides nothing.

A guess here moves a priority a little and teaches nothing, so unlike ``correction`` it may be wrong now and then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from a3x.memory.correction import detect
from a3x.stores import phrasing

ReactionKind = Literal["corrected", "complained", "rephrased", "thanked", "moved_on"]

REPHRASED_WITHIN_S = 600.0
"""The same question much later is a new wish for the same thing, not a complaint about the answer."""
SAME_WORDS = 0.5
"""Dice coefficient of the words two questions are about, from which on they are held to be one."""
SAME_MEANING = 0.85
"""Cosine of their vectors, likewise."""
MAX_OPENING_WORDS = 25
"""A longer message that starts like thanks or a complaint is about something else, or about more."""

_LEAD = r"(?:(?:hm+|ah|oh|ok|okay|well|sorry|but|mas|bem|olha|então|desculp[ea]|thanks|obrigad[oa])[\s,.!…-]+)*"
_NOT = (
    r"(?:doesn['’]?t|does\s+not|didn['’]?t|did\s+not|isn['’]?t|is\s+not|is\s+still\s+not|still\s+doesn['’]?t|won['’]?t)"
)
_COMPLAINTS = (
    r"(?:no|nope|não)\s*(?:[,.!;-]|$)(?!\s*(?:problem|worries|thanks|thank|obrigad))",
    rf"(?:it|that|this)?\s*{_NOT}\s+(?:work|help|answer|compile|run|right|correct|true|what)",
    r"(?:that|this|it|your\s+answer)(?:['’]s|\s+is|\s+was)\s+(?:all\s+|completely\s+|still\s+|just\s+)?"
    r"(?:wrong|incorrect|false|nonsense|useless|not\s+(?:right|correct|true|what|it|helpful))",
    r"(?:wrong|incorrect|nonsense|useless)\b",
    r"(?:you(?:['’]re|\s+are)\s+wrong|you\s+(?:misunderstood|missed|got\s+(?:it|that)\s+wrong|didn['’]?t|did\s+not|ignored))",
    r"(?:i\s+(?:asked|said|meant|wanted)\b|not\s+what\s+i\b)",
    r"(?:try|do\s+it)\s+again\b",
    r"(?:it\s+)?still\s+(?:fails|wrong|broken|the\s+same|not|gives|says|an?\s+error)",
    r"(?:isso\s+|ainda\s+)*não\s+(?:funciona|funcionou|resolve|resolveu|ajuda|ajudou|roda|rodou|compila|deu\s+certo|"
    r"está\s+certo|está\s+correto|é\s+isso|era\s+isso|é\s+verdade|foi\s+isso|entendeu|respondeu)",
    r"(?:isso\s+)?(?:está|tá|ficou|continua)\s+(?:tudo\s+)?(?:errad[oa]|incorret[oa]|igual)",
    r"(?:errado|incorreto|você\s+(?:errou|se\s+enganou|não\s+entendeu|não\s+respondeu|ignorou|esqueceu))\b",
    r"(?:eu\s+(?:perguntei|pedi|disse|quis\s+dizer|queria)\b|não\s+foi\s+(?:isso|o)\s+que)",
    r"(?:tent[ae]|faça|faz)\s+(?:de\s+novo|novamente|outra\s+vez)\b",
    r"ainda\s+(?:dá|está|tem|com)\s+(?:erro|errado|problema)",
)
_THANKS = (
    r"(?:no[,\s]+)?(?:many\s+)?(?:thanks|thank\s+you|thx|ty|cheers)\b",
    r"(?:perfect|great|excellent|awesome|brilliant|lovely|wonderful|nice|exactly|correct|spot\s+on|good\s+(?:job|answer))\b",
    r"(?:yes|yep|yeah)?[,\s]*(?:that|this|it)\s+(?:works|worked|helps|helped|did\s+it|fixed)\b",
    r"(?:that|this)(?:['’]s|\s+is)\s+(?:it|right|correct|perfect|great|exactly|what\s+i)\b",
    r"(?:it\s+)?work(?:s|ed)\b(?!\s+(?:in|on|only|but))",
    r"(?:not?\s+problem|got\s+it|makes\s+sense|understood)\b",
    r"(?:muito\s+)?(?:obrigad[oa]|valeu|agradeço|grat[oa])\b",
    r"(?:perfeit[oa]|ótim[oa]|excelente|maravilha|show|beleza|exat[oa]|exatamente|correto|boa|legal|entendi|certinho)\b",
    r"(?:sim[,\s]+)?(?:agora\s+)?(?:funcionou|funciona|deu\s+certo|resolveu|ajudou|era\s+isso|é\s+isso)\b",
)
_COMPLAINS = re.compile(_LEAD + "(?:" + "|".join(_COMPLAINTS) + ")", re.IGNORECASE)
_ACCEPTS = re.compile(r"(?:(?:ah|oh|ok|okay|well|bem)[\s,.!…-]+)*(?:" + "|".join(_THANKS) + ")", re.IGNORECASE)
_BUT = re.compile(r"\b(?:but|however|except|mas|porém|só\s+que)\b(?P<rest>.+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Reaction:
    """What the user did next. ``similarity`` of the next question to this one, 0 to 1."""

    kind: ReactionKind
    similarity: float = 0.0


def react(question: str, answer: str, said: str, after_s: float, cosine: float | None = None) -> Reaction:
    """How ``said``, ``after_s`` seconds later, takes ``answer`` to ``question``; ``cosine`` of the questions, if known."""
    similarity = max(overlap(question, said), 0.0 if cosine is None else min(max(cosine, 0.0), 1.0))
    if detect(question, answer, said) is not None:
        return Reaction("corrected", similarity)
    if complains(said):
        return Reaction("complained", similarity)
    if after_s <= REPHRASED_WITHIN_S and rephrases(question, said, cosine):
        return Reaction("rephrased", similarity)
    return Reaction("thanked" if thanks(said) else "moved_on", similarity)


def complains(said: str) -> bool:
    """Whether a message starts by saying that the answer was no good, or ends so after its thanks."""
    text = said.strip()
    if len(text.split()) > MAX_OPENING_WORDS:
        return False
    turn = _BUT.search(text)
    return bool(_COMPLAINS.match(text) or (turn and _COMPLAINS.match(turn["rest"].strip())))


def thanks(said: str) -> bool:
    """Whether a message starts with thanks or approval and does not take it back."""
    text = said.strip()
    return len(text.split()) <= MAX_OPENING_WORDS and bool(_ACCEPTS.match(text)) and not complains(text)


def rephrases(question: str, said: str, cosine: float | None = None) -> bool:
    """Whether ``said`` asks ``question`` once more in other words; the same form about another thing does not."""
    if phrasing.key(question) == phrasing.key(said):
        return True
    if _another_of_its_kind(question, said):
        return False
    return overlap(question, said) >= SAME_WORDS or (cosine is not None and cosine >= SAME_MEANING)


def overlap(one: str, other: str) -> float:
    """Dice coefficient of the words two texts are about, 0 to 1."""
    words, others = phrasing.about(one), phrasing.about(other)
    return 2 * len(words & others) / (len(words) + len(others)) if words and others else 0.0


def _another_of_its_kind(one: str, other: str) -> bool:
    """The same sentence but for one word or number ("list /tmp", "list /etc"): a next question, not the last one again."""
    words, others = phrasing.key(one).split(), phrasing.key(other).split()
    if len(words) == len(others):
        return sum(a != b for a, b in zip(words, others, strict=True)) == 1 and phrasing.about(one) != phrasing.about(
            other
        )
    numbers, other_numbers = (set(re.findall(r"\d+", text)) for text in (one, other))
    return bool(numbers and other_numbers) and not numbers & other_numbers
