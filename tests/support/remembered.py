"""A life of told facts for the tests of recall: statements in earlier sessions, updates, distractors, and questions.

Facts, their statements and their questions are drawn from the seed's own fact tables with subjects and values that were
never trained on, half of the questions in forms never trained on. Seeded; the same number is the same life.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from a3x.ladder.corpus import facts
from a3x.ladder.corpus.fact_slots import Lang
from a3x.ladder.corpus.facts import Fact

SECRET = frozenset(("password", "senha", "bank PIN", "PIN"))
"""Kinds whose values are redacted before anything is stored."""
NEWS: dict[Lang, tuple[str, ...]] = {
    "en": ("update: {say}", "from now on, {say}", "that changed: {say}", "Correction: {say}.", "now {say}"),
    "pt": ("atualização: {say}", "de agora em diante, {say}", "isso mudou: {say}", "Correção: {say}.", "agora {say}"),
}
LEADS: dict[Lang, tuple[str, ...]] = {
    "en": ("{say}", "{Say}.", "Remember that {plain}.", "By the way, {say}.", "note: {say}", "FYI: {say}"),
    "pt": ("{say}", "{Say}.", "Lembre que {plain}.", "Aliás, {say}.", "anote: {say}", "nota: {say}"),
}
CHATTER: dict[Lang, tuple[str, ...]] = {
    "en": ("Hello", "thanks", "what can you do?", "list the files in this folder", "17 * 23"),
    "pt": ("Olá", "obrigado", "o que você sabe fazer?", "liste os arquivos desta pasta", "17 * 23"),
}


@dataclass(frozen=True)
class Asked:
    """A question, its answer ("" if nobody ever told it), what was told last, and the outdated value if there was one."""

    question: str
    answer: str
    lang: Lang
    told: str = ""
    outdated: str = ""


@dataclass(frozen=True)
class Life:
    """What the user said, in order, and what is asked afterwards."""

    said: tuple[str, ...]
    known: tuple[Asked, ...]
    unknown: tuple[Asked, ...]


def life(seed: int, known: int = 200, unknown: int = 60) -> Life:
    """``known`` questions about facts told before, a quarter of them renewed since; ``unknown`` about what was never told."""
    return _Writer(random.Random(seed)).write(known, unknown)


class _Writer:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.taken: set[tuple[str, str]] = set()

    def write(self, known: int, unknown: int) -> Life:
        said: list[str] = []
        news: list[str] = []
        asked: list[Asked] = []
        told: list[Fact] = []
        for number in range(known):
            fact = self._fact("en" if number % 5 < 3 else "pt")
            told.append(fact)
            first = self._tells(fact)
            said += [first, *self._distractor(fact)]
            if number % 4 == 0:
                new = facts.renewed(self.rng, fact, True)
                last = self._renews(new)
                news.append(last)
                asked.append(self._asks(new, last, fact.value, number))
            else:
                asked.append(self._asks(fact, first, "", number))
        self.rng.shuffle(said)
        missing = [self._missing(told) for _ in range(unknown)]
        absent = [Asked(facts.ask(self.rng, fact, n % 2 == 0), "", fact.lang) for n, fact in enumerate(missing)]
        return Life((*said, *news), tuple(asked), tuple(absent))

    def _asks(self, fact: Fact, told: str, outdated: str, number: int) -> Asked:
        return Asked(facts.ask(self.rng, fact, number % 2 == 0), fact.value, fact.lang, told, outdated)

    def _fact(self, lang: Lang) -> Fact:
        while True:
            fact = facts.draw(self.rng, lang, True)
            if self._take(fact):
                return fact

    def _take(self, fact: Fact) -> bool:
        if fact.key in self.taken or fact.relation.name in SECRET:
            return False
        self.taken.add(fact.key)
        return True

    def _distractor(self, fact: Fact) -> list[str]:
        """One that is easily confused with it, and now and then small talk."""
        other = facts.sibling(self.rng, fact, True)
        found = [self._tells(other)] if self._take(other) else []
        return found + ([self.rng.choice(CHATTER[fact.lang])] if self.rng.random() < 0.5 else [])

    def _missing(self, told: list[Fact]) -> Fact:
        """Half of them about something near to what was told."""
        while True:
            lang: Lang = "en" if self.rng.random() < 0.6 else "pt"
            near = self.rng.random() < 0.5
            fact = facts.sibling(self.rng, self.rng.choice(told), True) if near else facts.draw(self.rng, lang, True)
            if self._take(fact):
                return fact

    def _tells(self, fact: Fact) -> str:
        return self._filled(LEADS[fact.lang], fact)

    def _renews(self, fact: Fact) -> str:
        return self._filled(NEWS[fact.lang], fact)

    def _filled(self, forms: tuple[str, ...], fact: Fact) -> str:
        say, plain = facts.say(self.rng, fact), facts.say(self.rng, fact, plain=True)
        form = self.rng.choice(forms)
        return form.replace("{say}", say).replace("{Say}", facts.capital(say)).replace("{plain}", plain)
