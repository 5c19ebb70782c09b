"""Recall before answering: from a conversation to the facts that bear on its last question, as notes in the prompt.

Only what the user stated is recalled, never a model's answer, a file or a failed turn. Nothing relevant found leaves the
conversation as it is, byte for byte. Knows no engine: who asks brings the way to count tokens.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from a3x.config import RecallSection
from a3x.errors import A3XError
from a3x.memory.correction import detect
from a3x.memory.record import language
from a3x.memory.redact import redact
from a3x.memory.search import Results, Search
from a3x.memory.statement import stated
from a3x.stores import phrasing
from a3x.stores.facts import Fact, Facts
from a3x.stores.filters import Filter
from a3x.types import Clock, Message

log = logging.getLogger(__name__)

DEPTH = 50
"""Experiences with facts that are looked at; the search orders them, the relevance chooses."""
MAX_QUESTION_CHARS = 2_000
SMALL_PARAMETERS = 50_000_000
"""Below this a model copies from its notes but cannot choose among them (docs/decisions/0024): it gets one."""
NOTES_SMALL, NOTES = 1, 5
USUAL_COSINE = 0.6
"""Of a question and its fact: stands in where there is no embedder, or the fact is not embedded yet."""
RIVAL = 0.2
"""How much less relevant a later fact may be and still take an earlier one's place in an answer."""
RECENT_BONUS, HALF_LIFE_S = 0.02, 30 * 86_400.0
"""What a fact of today has over an old one: it decides between equals."""
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
    """One recalled fact: where it was said, how relevant it is (0 to 1) and why, and its text and value."""

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
class _Candidate:
    """A fact that is relevant, and how much of the question's words it holds."""

    fact: Fact
    share: float
    source: Source


class Recall:
    """Recall for one served model of ``parameters``."""

    def __init__(
        self, search: Search, facts: Facts, settings: RecallSection, clock: Clock, count: Count, parameters: int
    ) -> None:
        self._search = search
        self._facts = facts
        self._settings = settings
        self._clock = clock
        self._count = count
        self._most = settings.notes or (NOTES_SMALL if parameters < SMALL_PARAMETERS else NOTES)

    async def recall(self, messages: tuple[Message, ...]) -> Recalled:
        """The conversation with what is known about its last question. A search that fails recalls nothing."""
        question = query_of(messages)
        if not question or not self._facts.any():
            return Recalled(messages)
        try:
            results = await self._search.search(question, DEPTH, Filter(stated=True), "query")
            sources = await self._fitting(self._ranked(question, results, messages))
        except A3XError as error:
            log.warning("answered without memory: %s", error.message)
            return Recalled(messages)
        return Recalled(with_notes(messages, [one.text for one in sources]), sources) if sources else Recalled(messages)

    def _ranked(self, question: str, results: Results, messages: Sequence[Message]) -> list[Source]:
        """What is relevant enough, best first, without what the conversation says itself."""
        similarity = {one.experience.seq: one.similarity for one in results.found}
        said = {redact(message.content) for message in messages}
        found: list[_Candidate] = []
        for fact in self._facts.said_in(list(similarity)):
            cosine = similarity[fact.seq]
            share = share_of_words(question, fact)
            if share is None or any(fact.text in text for text in said):
                continue
            score = (share + (USUAL_COSINE if cosine is None else max(cosine, 0.0))) / 2
            if score < self._settings.min_score:
                continue
            ways = f"words {share:.2f}" + ("" if cosine is None else f", meaning {cosine:.2f}")
            score = round(min(1.0, score + self._recent(fact)), 4)
            why = ways + (f" ({results.note})" if results.note else "")
            found.append(_Candidate(fact, share, Source(fact.experience_id, score, why, fact.text, fact.value)))
        kept = {one.fact.text: one.source for one in found if not any(_outdates(newer, one) for newer in found)}
        return sorted(kept.values(), key=lambda source: -source.score)

    def _recent(self, fact: Fact) -> float:
        return RECENT_BONUS * 0.5 ** (max(0.0, self._clock.now() - fact.created) / HALF_LIFE_S)

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


def _outdates(newer: _Candidate, older: _Candidate) -> bool:
    """Whether a later fact, of the same things and in a value of the same kind, holds as much of the question.

    Statements about the same thing in other words ("my badge", "my staff number") are told apart by nothing else.
    """
    new, old = newer.fact, older.fact
    return (
        new.number > old.number
        and bool(new.value)
        and newer.share >= older.share
        and newer.source.score >= older.source.score - RIVAL
        and phrasing.subject_names(new.about) == phrasing.subject_names(old.about)
        and phrasing.about_user(new.about) == phrasing.about_user(old.about)
        and _shape(new.value) == _shape(old.value)
    )


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


def share_of_words(question: str, fact: Fact) -> float | None:
    """How much of what a question is about the fact speaks of, 0 to 1; None if they name different things.

    The fact must hold every name of the question, and the question every name of what the fact is about: the code of
    Ana's locker is no answer to a question about Rui's.
    """
    words, told = phrasing.stems(question), phrasing.stems(fact.text)
    if not phrasing.names(question) <= told:
        return None
    beside = phrasing.about(fact.value) or phrasing.subject_names(fact.about)  # the sides may be taken for each other
    if not phrasing.subject_names(fact.about) <= words and not beside & words:
        return None
    about, told = phrasing.alike(phrasing.about(question)), phrasing.alike(told)
    return len(about & told) / len(about) if about else 0.0


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
