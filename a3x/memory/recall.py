"""Recall before answering: from a conversation to the facts that bear on its last question, as notes in the prompt.

Only what the user stated is recalled, never a model's answer, a file or a failed turn; after it, to a larger model, what the
agent is born knowing. Nothing relevant found leaves the conversation as it is, byte for byte. Knows no engine: who asks
brings the way to count tokens.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from a3x.config import RecallSection
from a3x.errors import A3XError
from a3x.memory.born import Born
from a3x.memory.correction import detect
from a3x.memory.record import language
from a3x.memory.redact import redact
from a3x.memory.relevance import announced, probability, share_of_words
from a3x.memory.search import Results, Search
from a3x.memory.statement import stated
from a3x.stores import phrasing
from a3x.stores.facts import Fact, Facts
from a3x.stores.filters import Filter
from a3x.types import Message

log = logging.getLogger(__name__)

DEPTH = 50
"""Experiences with facts that are looked at; the search orders them, the relevance chooses."""
MAX_QUESTION_CHARS = 2_000
SMALL_PARAMETERS = 50_000_000
"""Below this a model copies from its notes but cannot choose among them (docs/decisions/0024): it gets one."""
NOTES_SMALL, NOTES = 1, 5
LIKELY_ALONE, LIKELY_AMONG = 0.5, 0.1
"""How likely a fact must be the one asked for: where it is the only note, and where a larger model chooses among several."""
RIVAL = 0.3
"""How much less likely a later fact may be and still take an earlier one's place in an answer."""
NEWER = 0.2
"""The same of one that was told as news and is otherwise less like the earlier: it goes before it, and both are kept."""
_REFERS = re.compile(
    r"\b(?:it|its|that|this|they|them|their|he|she|his|her|him|one|ele|ela|eles|elas|dele|dela|deles|delas|isso|esse|essa|"
    r"disso|desse|dessa|nele|nela)\b",
    re.IGNORECASE,
)
_HEAD = {"en": ("Here is what I know:", "Now: "), "pt": ("Isto é o que eu sei:", "Agora: ")}
"""One of the layouts that the embedded model was grown to read (ladder/corpus/reading.py); others read them too."""

Count = Callable[[str], Awaitable[int]]
"""Tokens of a text."""


@dataclass(frozen=True)
class Source:
    """One recalled fact: where it was said, how relevant it is (0 to 1) and why, and its text and value.

    Of what A³X is born with: the span's id, and no value.
    """

    experience_id: str
    score: float
    why: str
    text: str
    value: str


@dataclass(frozen=True)
class Recalled:
    """The conversation with its notes, and where they come from; without sources it is the conversation as it was."""

    messages: tuple[Message, ...]
    sources: tuple[Source, ...] = ()

    def only_best(self, messages: tuple[Message, ...]) -> Recalled:
        """The plain conversation ``messages`` with the best source's note alone."""
        best = self.sources[:1]
        return Recalled(with_notes(messages, [one.text for one in best]), best)


@dataclass(frozen=True)
class Candidate:
    """A fact that may be the one asked for: its cosine to the question (None: unknown), the share of its words, P(asked for).

    The cosine of what meaning did not find is that of the farthest it found. ``news``: it was told as something new.
    """

    fact: Fact
    cosine: float | None
    share: float
    likely: float
    news: bool


class Recall:
    """Recall for one served model of ``parameters``."""

    def __init__(
        self,
        search: Search,
        facts: Facts,
        settings: RecallSection,
        count: Count,
        parameters: int,
        born: Born | None = None,
    ) -> None:
        self._search = search
        self._facts = facts
        self._settings = settings
        self._count = count
        self._most = settings.notes or (NOTES_SMALL if parameters < SMALL_PARAMETERS else NOTES)
        self._born = born if settings.born and parameters >= SMALL_PARAMETERS else None
        usual = LIKELY_ALONE if self._most == 1 else LIKELY_AMONG
        self._min_score = usual if settings.min_score is None else settings.min_score

    async def recall(self, messages: tuple[Message, ...]) -> Recalled:
        """The conversation with what is known about its last question. A search that fails recalls nothing."""
        try:
            (found, note), born_with = await asyncio.gather(self.candidates(messages), self._born_with(messages))
            relevant = [one for one in found if one.likely >= self._min_score]
            stated_first = [self._source(one, note) for one in ordered(relevant)]
            sources = await self._fitting([*stated_first, *born_with])
        except A3XError as error:
            log.warning("answered without memory: %s", error.message)
            return Recalled(messages)
        return Recalled(with_notes(messages, [one.text for one in sources]), sources) if sources else Recalled(messages)

    async def candidates(self, messages: Sequence[Message]) -> tuple[list[Candidate], str]:
        """Every fact that names what the last question names, likely or not, without what the conversation says itself.

        And why search by meaning was left out, "" if it was not.
        """
        if not self._facts.any() or not (question := query_of(messages)):
            return [], ""
        results = await self._search.search(question, DEPTH, Filter(stated=True), "query")
        spans = {one.experience.seq: one for one in results.found}
        farthest = _Farthest(results)
        said = {redact(message.content) for message in messages}
        found: list[Candidate] = []
        for fact in self._facts.said_in(list(spans)):
            share = share_of_words(question, fact)
            if share is None or any(fact.text in text for text in said):
                continue
            span = spans[fact.seq]
            cosine = farthest.cosine(fact.seq) if span.similarity is None else span.similarity
            news = announced(span.experience.this)
            found.append(Candidate(fact, cosine, share, probability(cosine, share), news))
        return found, results.note

    async def _born_with(self, messages: Sequence[Message]) -> list[Source]:
        """What A³X knows about itself that bears on the last question, after all that the user stated."""
        if self._born is None or not (question := query_of(messages)):
            return []
        said = [message.content for message in messages]
        return [
            Source(one.span.id, round(one.likely, 4), f"born with: {_ways(one.share, one.cosine)}", one.span.if_ok, "")
            for one in await self._born.near(question)
            if not any(one.span.if_ok in text for text in said)
        ]

    def _source(self, one: Candidate, note: str) -> Source:
        fact = one.fact
        why = _ways(one.share, one.cosine) + (f" ({note})" if note else "")
        return Source(fact.experience_id, round(one.likely, 4), why, fact.text, fact.value)

    async def _fitting(self, ranked: Sequence[Source]) -> tuple[Source, ...]:
        """The best that fit number and token budget."""
        kept: list[Source] = []
        left = self._settings.tokens
        for source in ranked:
            tokens = await self._count(source.text)
            if len(kept) < self._most and tokens <= left:
                kept.append(source)
                left -= tokens
        return tuple(kept)


def _ways(share: float, cosine: float | None) -> str:
    return f"words {share:.2f}" + ("" if cosine is None else f", meaning {cosine:.2f}")


class _Farthest:
    """How near to a question what words alone found can be at most."""

    def __init__(self, results: Results) -> None:
        seen = {one.experience.seq: one.similarity for one in results.found if one.similarity is not None}
        self._newest = max(seen, default=0)
        self._cosine = min(seen.values(), default=None)

    def cosine(self, seq: int) -> float | None:
        """None for what is newer than all that has a vector: it may not be embedded yet."""
        return self._cosine if seq < self._newest else None


def ordered(found: Sequence[Candidate]) -> list[Candidate]:
    """The likeliest first, without repetitions and what a later fact outdates; news go before what they may renew."""
    kept = {one.fact.text: one for one in found if not any(_outdates(newer, one) for newer in found)}
    ranked = sorted(kept.values(), key=lambda one: (-one.likely, -one.fact.number))
    for news in sorted((one for one in ranked if one.news), key=lambda one: one.fact.number):
        ranked.remove(news)
        before = (at for at, one in enumerate(ranked) if _renews(news, one) or one.likely < news.likely)
        ranked.insert(next(before, len(ranked)), news)
    return ranked


def _outdates(newer: Candidate, older: Candidate) -> bool:
    """Whether a later fact, of the same things and in a value of the same kind, holds as much of the question.

    Statements about the same thing in other words ("my badge", "my staff number") are told apart by nothing else.
    """
    new, old = newer.fact, older.fact
    return (
        new.number > old.number
        and bool(new.value)
        and newer.share >= older.share
        and newer.likely >= older.likely - RIVAL
        and phrasing.subject_names(new.about) == phrasing.subject_names(old.about)
        and phrasing.about_user(new.about) == phrasing.about_user(old.about)
        and _shape(new.value) == _shape(old.value)
    )


def _renews(news: Candidate, older: Candidate) -> bool:
    """Whether what was told as news is nearly as likely, and both or neither hold a number."""
    return (
        news.fact.number > older.fact.number
        and news.likely >= older.likely - NEWER
        and _has_number(news.fact) == _has_number(older.fact)
    )


def _has_number(fact: Fact) -> bool:
    return bool(re.search(r"\d", fact.value or fact.text))


def _shape(value: str) -> str:
    """ "+55 11 9890-6311" → "+9 9 9-9"; words of letters are alike however many."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+(?: [^\W\d_]+)*", "a", value))


def query_of(messages: Sequence[Message]) -> str:
    """What is looked for: the last thing the user said, and the one before where it says little or points back.

    "" for what tells rather than asks: beside a new statement or a correction the old one would be taken for the truth.
    """
    asked = [message.content for message in messages if message.role == "user"]
    if not asked or len(asked[-1]) > MAX_QUESTION_CHARS or stated(asked[-1]) or _corrects(messages):
        return ""
    last = asked[-1].strip()
    points_back = len(phrasing.about(last)) < 2 or (_REFERS.search(last) and not phrasing.names(last))
    if points_back and len(asked) > 1 and len(asked[-2]) <= MAX_QUESTION_CHARS:
        return f"{asked[-2].strip()}\n{last}"
    return last


def _corrects(messages: Sequence[Message]) -> bool:
    """Whether the user corrects the last answer."""
    spoken = [message for message in messages if message.role != "system"][-3:]
    if [message.role for message in spoken] != ["user", "assistant", "user"]:
        return False
    return detect(*(message.content for message in spoken)) is not None


def with_notes(messages: tuple[Message, ...], notes: Sequence[str]) -> tuple[Message, ...]:
    """The conversation with notes before the user's last words. What came before them stays, and with it what is cached."""
    at = max(index for index, message in enumerate(messages) if message.role == "user")
    asked = messages[at].content
    head, lead = _HEAD["pt" if language(asked) == "pt" else "en"]
    lines = "".join(f"\n- {_sentence(note)}" for note in notes)
    return (*messages[:at], Message("user", f"{head}{lines}\n{lead}{asked}"), *messages[at + 1 :])


def _sentence(text: str) -> str:
    """With a capital letter and a full stop, where that changes no value."""
    begun = text[0].upper() + text[1:]
    return begun if begun[-1] in ".!?" else f"{begun}."
