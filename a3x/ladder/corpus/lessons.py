"""Facts that no training text holds, each with the questions that teach it and the questions that probe it.

They measure teachability: an adapter is trained on question → value without any context. Knows nothing of training.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from a3x.ladder.corpus import facts
from a3x.ladder.corpus.fact_slots import Lang
from a3x.ladder.corpus.facts import Fact

_TAUGHT = 3
_PREFERENCE_TERMS = ("favourite", "favorit", "font", "fonte")


@dataclass(frozen=True)
class Lesson:
    """One new fact. The probes are phrasings other than the taught ones."""

    lang: Lang
    value: str
    taught: tuple[str, ...]
    probe_seen_form: str
    probe_held_form: str


def lessons(seed: int, n: int = 24) -> list[Lesson]:
    """Draw ``n`` lessons about different things: a third Portuguese; nicknames, preferences and other facts in turn."""
    rng = random.Random(seed)
    taken: set[tuple[str, str]] = set()
    drawn: list[Lesson] = []
    while len(drawn) < n:
        lang: Lang = "pt" if len(drawn) % 3 == 2 else "en"
        fact = _fact(rng, lang, kind=len(drawn) // 3 % 3)
        if fact.key not in taken:
            taken.add(fact.key)
            drawn.append(_lesson(rng, fact))
    return drawn


def _fact(rng: random.Random, lang: Lang, kind: int) -> Fact:
    table = facts.relations(lang, open_only=True)
    preferences = tuple(each for each in table if any(term in each.name for term in _PREFERENCE_TERMS))
    others = tuple(each for each in table if not each.stems and each not in preferences)
    relation = rng.choice((table[:1], preferences, others)[kind])
    return facts.draw_of(rng, lang, relation, held=True)


def _lesson(rng: random.Random, fact: Fact) -> Lesson:
    """Distinct forms in every place, so that a probe never repeats a taught phrasing."""
    forms: list[str] = []
    while len(forms) < _TAUGHT + 1:
        form = facts.form(rng, fact, held=False)
        if form not in forms:
            forms.append(form)
    questions = [facts.asked_as(rng, form, fact) for form in forms]
    probe = facts.asked_as(rng, facts.form(rng, fact, held=True), fact)
    return Lesson(fact.lang, fact.value, tuple(questions[:_TAUGHT]), questions[_TAUGHT], probe)
