"""Records: how corrections become lessons, which are withheld, which supersede, and what may not become one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import apsw
import pytest

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.errors import BadRequest, NotFound
from a3x.memory.record import span
from a3x.stores import phrasing
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.records import MAX_CORRECTION_CHARS, Record, Records, split_of
from a3x.types import Feedback, Message, Origin

GATE = (
    "what is the code of the north gate?",
    "which code opens the north gate",
    "Tell me the north gate code.",
)


class House:
    """A database with chats that can be corrected."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.experiences = Experiences(db)
        self.records = Records(db, HandClock())
        self._chats = 0

    def chat(self, question: str, origin: Origin = "generated") -> str:
        self._chats += 1
        experience = span(
            id=f"exp_{self._chats}",
            messages=(Message("system", "be brief"), Message("user", "hello"), Message("user", question)),
            session="",
            completion=None,
            tools=(),
            error="",
            when=1.0,
            environment={},
        )
        asyncio.run(self.experiences.add(replace(experience, origin=origin)))
        return experience.id

    def teach(self, question: str, answer: str) -> Record:
        return self.correct(self.chat(question), answer)

    def correct(self, id: str, answer: str | None, *also_from: str) -> Record:
        return asyncio.run(self.records.correct(Feedback(id, -1, answer, 2.0), also_from))

    def splits(self, theme: str = "general") -> list[str | None]:
        asyncio.run(self.records.assign_splits(theme))
        return [record.split for record in self.records.unlearned(theme)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as db:
        yield House(db)


def test_a_correction_becomes_a_record(house: House) -> None:
    id = house.chat("qual é o código do portão?")
    record = house.correct(id, " 8471 ", "exp_said_in")
    assert record.messages == (
        {"role": "user", "content": "qual é o código do portão?"},
        {"role": "assistant", "content": "8471"},
    )
    assert (record.origin, record.theme, record.lang, record.weight) == ("user", "general", "pt", 1.0)
    assert (record.source_ids, record.split, record.learned_in) == ((id, "exp_said_in"), None, None)
    assert house.records.get(record.id) == record
    assert house.records.unlearned("general") == [record]
    assert house.records.unlearned("cli") == []
    assert [feedback.correction for feedback in house.experiences.feedback(id)] == [" 8471 "]


@pytest.mark.parametrize("correction", ["", "  \n", None, "x" * (MAX_CORRECTION_CHARS + 1), "\ud800"])
def test_bad_corrections_store_nothing(house: House, correction: str | None) -> None:
    id = house.chat("what is it?")
    with pytest.raises(BadRequest, match=r"correction|limit"):
        house.correct(id, correction)
    assert house.experiences.feedback(id) == []
    assert house.records.unlearned("general") == []


def test_unknown_experience_and_one_without_a_question(house: House) -> None:
    with pytest.raises(NotFound, match="exp_x"):
        house.correct("exp_x", "8471")
    silent = house.chat("  ")
    with pytest.raises(BadRequest, match="no question"):
        house.correct(silent, "8471")
    assert house.experiences.feedback(silent) == []


@pytest.mark.parametrize("origin", ["tool", "file", "web"])
def test_foreign_text_is_not_learnt_from_whoever_corrects_it(house: House, origin: Origin) -> None:
    id = house.chat("what is the gate code?", origin)
    with pytest.raises(BadRequest, match=f"origin '{origin}', not the user's"):
        house.correct(id, "0000")
    assert house.experiences.feedback(id) == []
    assert house.records.unlearned("general") == []


def test_of_three_phrasings_one_is_withheld_for_good(house: House) -> None:
    for question in GATE:
        house.teach(question, "8471")
    splits = house.splits()
    assert sorted(filter(None, splits)) == ["gate", "train", "train"]
    house.teach("the north gate: what code?", "8471")
    assert house.splits() == [*splits, "train"]  # nothing is assigned twice, and one exam is enough
    gate = next(record for record in house.records.unlearned("general") if record.split == "gate")
    change = "UPDATE record SET split = 'train' WHERE id = ?"
    with pytest.raises(apsw.ConstraintError, match="assigned once"):
        house.db.write(lambda c: c.execute(change, (gate.id,))).result(5)


def test_every_phrasing_may_be_the_withheld_one(house: House) -> None:
    places = set()
    for number in range(12):
        for question in GATE:
            house.teach(question.replace("north", f"gate{number}x"), f"{number}")
        places.add(tuple(house.splits()[-3:]))
    assert len(places) == 3


def test_one_or_two_phrasings_are_all_trained_on(house: House) -> None:
    house.teach(GATE[0], "8471")
    assert house.splits() == ["train"]
    house.teach(GATE[1], "8471")
    assert house.splits() == ["train", "train"]
    house.teach(GATE[2], "8471.")
    assert house.splits() == ["train", "train", "gate"]  # the others may have been trained on already


def test_facts_that_share_an_answer_are_not_one_fact(house: House) -> None:
    for question in (
        "What is Ana's favourite colour?",
        "What is Bob's favourite colour?",
        "What is Eva's favourite colour?",
        "which paint does the fence have",
        "what is the colour of room 12?",
        "what is the colour of room 14?",
    ):
        house.teach(question, "blue")
    assert house.splits() == ["train"] * 6


def test_the_newer_answer_supersedes_the_older_with_its_other_phrasings(house: House) -> None:
    old = [house.teach(question, "8471") for question in GATE]
    untouched = house.teach("what is the code of the south door?", "8471")
    asyncio.run(house.records.mark_learned([record.id for record in old], "general@1"))
    new = house.teach(GATE[1].upper() + "?", "9000")
    assert house.records.unlearned("general") == [untouched, new]
    assert house.records.learned("general") == []
    assert [house.records.get(record.id).superseded_by for record in old] == [new.id] * 3
    assert [(one.id, two.id) for one, two in house.records.contradictions("general")] == [
        (new.id, record.id) for record in old
    ]
    newest = house.teach(GATE[1], "9001")
    assert [one.id for one, _ in house.records.contradictions("general")] == [newest.id] * 3
    asyncio.run(house.records.mark_learned([newest.id], "general@2"))
    assert house.records.contradictions("general") == []
    back = house.teach(GATE[1], "8471")
    assert house.records.unlearned("general") == [untouched, back]


def test_the_same_correction_again_is_the_same_record(house: House) -> None:
    first = house.teach(GATE[0], "8471")
    again = house.teach(GATE[0].upper(), "8471.")
    assert again.id == first.id
    assert again.source_ids == ("exp_1", "exp_2")
    assert len(house.records.unlearned("general")) == 1


def test_learned_records_are_for_replay(house: House) -> None:
    one, two = house.teach("what is my name?", "Rui"), house.teach("where do I live?", "Braga")
    asyncio.run(house.records.mark_learned([one.id], "general@1"))
    assert [record.id for record in house.records.learned("general")] == [one.id]
    assert house.records.learned("general")[0].learned_in == "general@1"
    assert house.records.unlearned("general") == [two]
    with pytest.raises(NotFound):
        asyncio.run(house.records.mark_learned([two.id, "rec_x"], "general@2"))
    assert house.records.unlearned("general") == [two]


@pytest.mark.parametrize("origin", [*get_args(Origin), "mine"])
def test_only_vouched_origins_enter(house: House, origin: Any) -> None:
    def add() -> Record:
        messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
        return asyncio.run(house.records.add(messages, origin, "cli", "source"))

    if origin in ("verified", "owner_dataset"):
        added = add()
        assert house.records.unlearned("cli") == [added]
    else:
        with pytest.raises(BadRequest, match="origin"):
            add()
    if origin not in ("user", "verified", "owner_dataset"):
        with pytest.raises(apsw.ConstraintError):
            house.db.write(lambda c: c.execute(RAW, (origin,))).result(5)


RAW = (
    "INSERT INTO record (id, theme, lang, origin, weight, messages, source_ids, question_key, source_key, created) "
    "VALUES ('r', 'cli', '', ?, 1.0, '[]', '[]', '', '', 0.0)"
)


def test_bad_additions(house: House) -> None:
    good = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    for messages, theme, weight in (
        (good[:1], "cli", 1.0),
        ([], "cli", 1.0),
        (good, "poetry", 1.0),
        (good, "cli", 0.0),
    ):
        with pytest.raises(BadRequest):
            asyncio.run(house.records.add(messages, "verified", theme, "source", weight=weight))
    assert house.records.unlearned("cli") == []


def test_other_records_are_split_by_their_source_alone(house: House) -> None:
    def add(text: str, source: str) -> Record:
        messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "a"}]
        return asyncio.run(house.records.add(messages, "owner_dataset", "cli", source))

    for number in range(8):
        assert len({add(f"{text} {number}", f"source {number}").split for text in "abc"}) == 1
    share = [split_of(phrasing.digest("cli", str(number))) for number in range(4000)]
    assert 0.08 < share.count("gate") / 4000 < 0.12
    assert 0.035 < share.count("stop") / 4000 < 0.065


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What's my dog's name?", "how is my dog called", True),
        ("qual é o código do portão?", "me diga o codigo do portao", True),
        ("what does 'zap it' run?", "which command is behind `zap it`", True),
        ("what does 'zap it' run?", "what does 'mix it all' run?", False),
        ("Qual é a cor favorita da Ana?", "Qual é a cor favorita do Rui?", False),
        ("what is it?", "where is it?", False),
    ],
)
def test_phrasings_of_one_fact(one: str, other: str, same: bool) -> None:
    assert phrasing.same_fact(one, other) == phrasing.same_fact(other, one) == same


def test_keys() -> None:
    assert phrasing.key(" What's  UP?") == phrasing.key("what s up")
    assert phrasing.key("é?") != phrasing.key("e?")
    assert phrasing.key("?!") != phrasing.key("...")
    assert phrasing.answer_key("ls -a") != phrasing.answer_key("ls a")
    assert phrasing.answer_key("Ana. ") == phrasing.answer_key("ana")
