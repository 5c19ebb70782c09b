"""Facts from the recorder to the prompt, with the scripted embedder: found, replaced, forgotten, and left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a3x.clock import HandClock
from a3x.config import RecallSection
from a3x.disk import RealDisk
from a3x.engine.embedding import TextEmbedder
from a3x.engine.scripted import ScriptedEmbedder
from a3x.errors import EngineFailure
from a3x.memory.index import Index
from a3x.memory.recall import Recall, Recalled, query_of
from a3x.memory.record import Recorder
from a3x.memory.search import Search
from a3x.stores.adapters import Adapters
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.facts import Facts
from a3x.stores.forgetting import Forgetting, Selection
from a3x.stores.records import Records
from a3x.stores.vectors import Vectors
from a3x.stores.words import Words
from a3x.types import Experience, Feedback, Message

PLAIN = Experience("", "user:local", "chat", "", 1.0, "completed", "Noted.")


class House:
    def __init__(self, home: Path, embedder: TextEmbedder | None = None, **settings: Any) -> None:
        clock = HandClock()
        self.db = Database(home / "a3x.db", RealDisk(), clock)
        self.experiences, self.facts, self.records = Experiences(self.db), Facts(self.db), Records(self.db, clock)
        self.recorder = Recorder(self.experiences, clock)
        self.forgetting = Forgetting(self.db, Adapters(self.db, home, RealDisk(), clock), clock)
        search = Search(self.experiences, Words(self.db), Index(Vectors(self.db), self.db.path, clock), embedder)

        async def count(text: str) -> int:
            return len(text.split())

        self.memory = Recall(search, self.facts, RecallSection(**settings), count, 10**9)

    def say(self, id: str, text: str, role: str = "user", **changes: Any) -> None:
        messages = ({"role": role, "content": text},)
        asyncio.run(self.recorder.record(replace(PLAIN, id=id, this=text, messages=messages, **changes)))

    def ask(self, *said: str) -> Recalled:
        roles = ("user", "assistant") * len(said)
        messages = tuple(Message(role, text) for role, text in zip(roles, said, strict=False))  # type: ignore[arg-type]
        return asyncio.run(self.memory.recall(messages))

    def notes(self, *said: str) -> list[str]:
        return [one.text for one in self.ask(*said).sources]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.db.close()


def test_a_stated_fact_is_recalled_and_named(house: House) -> None:
    house.say("exp_1", "Remember that my locker code is 8471.")
    found = house.ask("what is my locker code?")
    (source,) = found.sources
    assert (source.experience_id, source.text, source.value) == ("exp_1", "my locker code is 8471", "8471")
    assert source.score >= 0.55
    assert "words 1.00" in source.why and "by words only" in source.why
    assert found.messages[-1].content.endswith("- My locker code is 8471.\nNow: what is my locker code?")
    assert "\nAgora: " in with_portuguese(house)


def with_portuguese(house: House) -> str:
    house.say("exp_pt", "meu gato se chama Tofu")
    return house.ask("qual é o nome do meu gato?").messages[-1].content


def test_nothing_relevant_leaves_the_conversation_as_it_is(house: House) -> None:
    asked = (Message("system", "Be brief."), Message("user", "list the files"))
    assert asyncio.run(house.memory.recall(asked)).messages is asked
    house.say("exp_1", "my locker code is 8471")
    assert asyncio.run(house.memory.recall(asked)).messages is asked
    assert house.notes("what is Ana's locker code?") == [], "another's"
    assert house.notes("my gym membership?") == []


def test_the_newer_statement_replaces_the_older_which_is_kept(house: House) -> None:
    house.say("exp_1", "my locker code is 8471")
    house.say("exp_2", "update: the code of my locker is 9021")
    assert house.notes("what is my locker code?") == ["the code of my locker is 9021"]
    assert [one.superseded_by for one in house.facts.recent(replaced=True)] == [None, 2]
    assert len(house.facts.recent()) == 1


def test_a_correction_is_a_fact_and_replaces_what_was_stated(house: House) -> None:
    house.say("exp_1", "my locker code is 8471")
    house.say("exp_2", "what is my locker code?", if_ok="8471")
    asyncio.run(house.records.correct(Feedback("exp_2", -1, "9021", 3.0)))
    assert house.notes("tell me my locker code") == ["what is my locker code: 9021"]


@pytest.mark.parametrize(
    "changes", [{"status": "failed"}, {"did": "complete"}, {"role": "tool"}, {"text": "what is my locker code? 8471"}]
)
def test_what_no_user_stated_is_no_fact(house: House, changes: dict[str, Any]) -> None:
    text = changes.pop("text", "my locker code is 8471")
    house.say("exp_1", text, **changes)
    assert not house.facts.any()


def test_secrets_are_never_facts(house: House) -> None:
    house.say("exp_1", "my password is hunter2-9xQ!77")
    assert house.facts.recent() == []


def test_a_later_fact_takes_no_place_that_its_words_do_not_fit(house: House) -> None:
    for number, place in enumerate(("gym", "office", "school")):
        house.say(f"exp_{number}", f"my {place} locker code is {number}{number}")
    for number, place in enumerate(("gym", "office", "school")):
        assert f"my {place} locker code is {number}{number}" in house.notes(f"what is my {place} locker code?")


def test_said_anew_in_other_words_the_later_one_is_recalled(house: House) -> None:
    house.say("exp_1", "Ana's staff badge is 4410")
    house.say("exp_2", "Ana's badge number is 5521")
    assert house.notes("what is Ana's badge number?")[0] == "Ana's badge number is 5521"


def test_what_the_conversation_says_is_not_said_twice(house: House) -> None:
    house.say("exp_1", "my locker code is 8471")
    assert house.notes("my locker code is 8471", "Noted: 8471.", "what is my locker code?") == []


def test_who_tells_is_not_told_what_was_before(house: House) -> None:
    house.say("exp_1", "my locker code is 8471")
    assert house.notes("my locker code is 9021") == []
    assert house.notes("what is my locker code?", "8471", "no, it is 9021") == []
    assert house.notes("what is my locker code?", "8471", "and what is my locker code again?") != []


def test_a_question_that_points_back_is_read_with_the_one_before() -> None:
    def query(*said: str) -> str:
        return query_of([Message("user", text) for text in said])

    assert query("tell me about Rex the dog", "how old is he?") == "tell me about Rex the dog\nhow old is he?"
    assert (
        query("tell me about Rex the dog", "what does the Lestix camera cost?") == "what does the Lestix camera cost?"
    )
    assert query_of([Message("system", "x")]) == ""


def test_budget_and_number(tmp_path: Path) -> None:
    house = House(tmp_path, notes=2, tokens=16)
    for number, place in enumerate(("gym", "office", "school")):
        house.say(f"exp_{number}", f"my {place} locker code is " + "9-" * number + "9")
    assert len(house.notes("my locker code")) == 2
    house.say("exp_long", "my locker code is " + " ".join(["9"] * 14))
    assert all(len(note.split()) <= 16 for note in house.notes("my locker code"))
    house.db.close()


def test_search_that_fails_recalls_nothing(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.say("exp_1", "my locker code is 8471")

    async def fail(*_: object) -> None:
        raise EngineFailure("broken")

    house.memory._search.search = fail  # type: ignore[method-assign,assignment]
    assert house.ask("what is my locker code?").sources == ()
    house.db.close()


def test_by_meaning_too(tmp_path: Path) -> None:
    house = House(tmp_path, ScriptedEmbedder(), min_score=0.2)
    house.say("exp_1", "my locker code is 8471")
    (source,) = house.ask("my locker code").sources
    assert "meaning" not in source.why, "not embedded yet"
    house.db.close()


# --- forgetting --------------------------------------------------------------------------------------------------------


def test_forgetting_takes_the_fact_and_what_it_replaced(house: House) -> None:
    house.say("exp_1", "my locker code is 8471")
    house.say("exp_2", "my locker code is 9021")
    house.say("exp_3", "my dentist is Olmo")
    asyncio.run(house.forgetting.carry_out(house.forgetting.plan(Selection(ids=("exp_2",))), "b" * 64))
    assert [one.text for one in house.facts.recent(replaced=True)] == ["my dentist is Olmo"]
    assert house.notes("what is my locker code?") == []


def test_forgetting_a_lesson_takes_its_fact(house: House) -> None:
    house.say("exp_1", "what is my locker code?")
    record = asyncio.run(house.records.correct(Feedback("exp_1", -1, "9021", 3.0)))
    assert house.facts.any()
    asyncio.run(house.forgetting.carry_out(house.forgetting.plan(Selection(ids=(record.id,))), "b" * 64))
    assert not house.facts.any()


def test_answers_made_with_a_forgotten_fact_are_forgotten(house: House) -> None:
    house.say("exp_1", "my locker code is 8471")
    cites = {"sources": [{"experience_id": "exp_1", "score": 1.0}]}
    house.say("exp_2", "what is my locker code?", if_ok="8471", context=cites, session="another")
    house.say("exp_3", "what is my locker code?", if_ok="I don't know", session="another")
    assert house.forgetting.plan(Selection(ids=("exp_1",))).experiences == ("exp_1", "exp_2")
