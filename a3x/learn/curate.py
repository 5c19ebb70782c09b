"""What a version learns from: lessons in varied dress, older lessons again, replay of what the base can do. Pure choosing.

Only records of origin user, verified or owner_dataset come in here (the store refuses others). Every version is trained
from the base on all that is live, so nothing depends on the order in which things were taught. Knows no tokens.
"""

from __future__ import annotations

import json
import random
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from a3x.errors import Conflict, ForeignFile
from a3x.judge.gate import FACTS, LESSON
from a3x.judge.suites import Item, Suite, of_items
from a3x.learn import paraphrase
from a3x.learn.profile import Profile
from a3x.stores import phrasing
from a3x.stores.records import Record
from a3x.types import Message

T = TypeVar("T")
PROFILE = Profile()
Conversation = tuple[Message, ...]

CARRIERS = {
    "en": (
        *(
            "{q}",
            "{q}",
            "{q}",
            "{q}",
            "please: {q}",
            "quick question: {q}",
            "Hello! {q}",
            "{q} Please.",
            "I forgot: {q}",
        ),
        *("Tell me: {q}", "Can you help? {q}", "So, {q}", "{q} Thanks!", "remind me, {q}", "One thing: {q}"),
    ),
    "pt": (
        *(
            "{q}",
            "{q}",
            "{q}",
            "{q}",
            "por favor: {q}",
            "pergunta rápida: {q}",
            "Olá! {q}",
            "{q} Por favor.",
            "esqueci: {q}",
        ),
        *("Me diga: {q}", "Pode me ajudar? {q}", "Então, {q}", "{q} Obrigado!", "me lembra, {q}", "Uma coisa: {q}"),
    ),
}
"""Ways to put a question that hold it word for word: paraphrases that need no judge."""
WITHHELD_CARRIER = {"en": "Once more: {q}", "pt": "Mais uma vez: {q}"}
"""For the gate, when a fact was taught in too few phrasings to withhold one."""

MAX_LEARNED = 400
MAX_FACT_ITEMS = 64
MAX_CONTRADICTIONS, MAX_CONTRADICTED_SHARE = 3, 0.2


@dataclass(frozen=True)
class Lesson:
    """What one run is made of: its conversations in training order, and what the gate will ask besides the fixed suites.

    ``kept`` tells of each conversation whether it is replay, which is to stay as the base has it.
    """

    conversations: tuple[Conversation, ...]
    kept: tuple[bool, ...]
    steps: int
    lesson: Suite
    facts: Suite
    probes: tuple[Conversation, ...]


def refuse_mass_contradiction(contradictions: int, learned: int) -> None:
    """Facts change one by one. Conflict when so many confirmed ones are denied at once that it looks like poison."""
    limit = max(MAX_CONTRADICTIONS, int(MAX_CONTRADICTED_SHARE * (learned + contradictions)))
    if contradictions > limit:
        raise Conflict(
            f"{contradictions} of {learned + contradictions} facts confirmed earlier are contradicted; at most {limit} may be: "
            "nothing is learnt until some of the corrections are withdrawn"
        )


def lesson(
    unlearned: Sequence[Record],
    learned: Sequence[Record],
    replay: Sequence[Conversation],
    seed: int,
    profile: Profile = PROFILE,
) -> Lesson:
    """Compose a run. Conflict when there is nothing new to learn."""
    taught = [record for record in unlearned if record.split != "gate"]
    if not taught:
        raise Conflict("there is nothing new to learn")
    rng = random.Random(seed)
    exam = {phrasing.key(record.question) for record in (*unlearned, *learned) if record.split == "gate"}
    rehearsed = [record for record in learned if record.split != "gate"][-MAX_LEARNED:]
    steps = profile.steps(len(taught) + len(rehearsed))
    total = steps * profile.batch
    lessons = round(total * (profile.lesson_share if replay else 1.0))
    chosen = [
        *((_dressed(each, replay, exam, profile, rng), False) for each in _evenly((*taught, *rehearsed), lessons, rng)),
        *((each, True) for each in _evenly(replay, total - lessons, rng)),
    ]
    rng.shuffle(chosen)
    return Lesson(
        conversations=tuple(conversation for conversation, _ in chosen),
        kept=tuple(kept for _, kept in chosen),
        steps=steps,
        lesson=of_items(LESSON, tuple(_lesson_items(unlearned))),
        facts=of_items(FACTS, tuple(_item(record, FACTS, record.question) for record in learned[-MAX_FACT_ITEMS:])),
        probes=tuple(_plain(record) for record in taught[:8]),
    )


def read_replay(path: Path) -> list[Conversation]:
    """Replay conversations from a JSONL of records. ForeignFile, with the line, if one is malformed."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            messages = tuple(Message(each["role"], each["content"]) for each in json.loads(line)["messages"])
        except (ValueError, KeyError, TypeError) as error:
            raise ForeignFile(f"{path}:{number} is no record: {error}") from error
        if len(messages) < 2 or messages[-1].role != "assistant":
            raise ForeignFile(f"{path}:{number} does not end with an answer to something")
        found.append(messages)
    return found


def _evenly(options: Sequence[T], count: int, rng: random.Random) -> Iterable[T]:
    """``count`` draws in which no option comes twice more often than another."""
    drawn: list[T] = []
    while options and len(drawn) < count:
        drawn += rng.sample(options, min(len(options), count - len(drawn)))
    return drawn


def _plain(record: Record) -> Conversation:
    return (Message("user", record.question), Message("assistant", record.answer))


def _dressed(
    record: Record, replay: Sequence[Conversation], exam: Container[str], profile: Profile, rng: random.Random
) -> Conversation:
    """The lesson in one of its guises, sometimes after another exchange."""
    turn = (
        Message("user", _guise(record.question, record.lang, exam, profile, rng)),
        Message("assistant", record.answer),
    )
    if replay and rng.random() < profile.after_share:
        before = rng.choice(replay)
        if before[0].role != "system" and len(before) <= 4:
            return (*before, *turn)
    return turn


def _guise(question: str, lang: str, exam: Container[str], profile: Profile, rng: random.Random) -> str:
    """Another form of the question, or a carrier around it. A form that the gate examines would examine nothing."""
    forms = [form for form in paraphrase.forms(question, lang) if phrasing.key(form) not in exam]
    if forms and rng.random() < profile.form_share:
        question = rng.choice(forms)
    else:
        question = rng.choice(CARRIERS.get(lang, CARRIERS["en"])).format(q=question)
    if rng.random() < 0.2:
        question = question.rstrip("?.!")
    if rng.random() < 0.2:
        question = question[:1].swapcase() + question[1:]
    return question


def _lesson_items(unlearned: Sequence[Record]) -> Iterable[Item]:
    """Withheld phrasings; for answers of which none is withheld, a taught one in a carrier that training never uses."""
    withheld = [record for record in unlearned if record.split == "gate"]
    examined = {record.answer for record in withheld}
    for record in withheld:
        yield _item(record, LESSON, record.question)
    for record in unlearned:
        if record.answer not in examined:
            examined.add(record.answer)
            carrier = WITHHELD_CARRIER.get(record.lang, WITHHELD_CARRIER["en"])
            yield _item(record, LESSON, carrier.format(q=record.question))


def _item(record: Record, suite: str, question: str) -> Item:
    messages = (Message("user", question),)
    return Item(record.id, suite, record.lang, messages, {"kind": "normalised"}, record.answer)
