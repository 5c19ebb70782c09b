"""What was stated before facts were kept is known as if they always had been, whenever reading it was interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.errors import StorageFull
from a3x.memory import backlog as backlog_module
from a3x.memory.backlog import FactBacklog
from a3x.stores import facts as fact_rows
from a3x.stores.adapters import Adapters
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.facts import Facts
from a3x.stores.fakes import FullDisk
from a3x.stores.forgetting import Forgetting, Selection
from a3x.stores.records import Records
from tests.support.told import Known, Teller, known, make_old, migrate_again

SEEDS = range(6)


@pytest.fixture
def teller(tmp_path: Path) -> Iterator[Teller]:
    made = Teller(tmp_path)
    yield made
    made.db.close()


def backlog_of(db: Database) -> FactBacklog:
    return FactBacklog(Experiences(db), Records(db, HandClock()), Facts(db), pause_s=0.0)


def read(db: Database) -> int:
    return asyncio.run(backlog_of(db).read())


def read_late(home: Path, seed: int) -> tuple[Known, Known]:
    """What is known where facts were always kept, and where the first half of the life was read after the second."""
    found: list[Known] = []
    for always in (True, False):
        teller = Teller(home / f"{always}")
        with teller.db as db:
            teller.live(seed)
            if not always:
                make_old(db)
            teller.live(seed + 100)
            read(db)
            found.append(known(db))
    return found[0], found[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_stated_before_is_known_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(backlog_module, "CHUNK", 3)
    always, late = read_late(tmp_path, seed)
    assert late == always
    assert len([1 for *_, replaced in late if replaced]) > 5


def test_facts_put_behind_those_that_came_meanwhile_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: without the order of time an outdated value comes to be the one that is recalled."""
    monkeypatch.setattr(fact_rows, "_take_out", lambda connection, created: [])
    always, late = read_late(tmp_path, 1)
    assert sorted(late) != sorted(always)


def test_it_is_done_once(teller: Teller) -> None:
    teller.live(1)
    make_old(teller.db)
    assert teller.facts.backlog() is not None
    assert read(teller.db) > 5
    before = [fact.number for fact in teller.facts.recent(1000, replaced=True)]
    assert teller.facts.backlog() is None
    assert read(teller.db) == 0
    assert [fact.number for fact in teller.facts.recent(1000, replaced=True)] == before


def test_where_it_was_interrupted_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "CHUNK", 4)
    teller = Teller(tmp_path)
    teller.live(2)
    expected = known(teller.db)
    make_old(teller.db)
    teller.db.close()
    with FullDisk() as disk, Database(tmp_path / "a3x.db", disk, HandClock()) as db:

        async def until_full() -> None:
            async def fill() -> None:
                while (left := Facts(db).backlog()) and left.through < 8:
                    await asyncio.sleep(0)
                disk.room_bytes = 0

            filling = asyncio.create_task(fill())
            with pytest.raises(StorageFull):
                await FactBacklog(Experiences(db), Records(db, HandClock()), Facts(db), pause_s=0.01).read()
            await filling

        asyncio.run(until_full())
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as db:
        left = Facts(db).backlog()
        assert left is not None and 0 < left.through < left.until
        read(db)
        assert known(db) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"who": "agent:other"},
        {"did": "complete"},
        {"status": "failed"},
        {"origin": "file"},
        {"origin": "user"},
        {"made_by": "trajectory"},
        {"model_sha256": ""},
        {"id": "d41d8"},
        {"extra": {"claimed": {"origin": "user"}}},
        {"messages": ({"role": "tool", "content": "my locker code is 1"},)},
        {"when": 1_600_000_000.0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_was_not_recorded_here_or_said_by_nobody_states_nothing(
    teller: Teller, changes: dict[str, object]
) -> None:
    teller.say("my locker code is 8471")
    teller.say("my dentist is Olmo", **changes)
    make_old(teller.db)
    assert read(teller.db) == 1
    assert [text for text, *_ in known(teller.db)] == ["my locker code is 8471"]


def test_a_forgotten_lesson_does_not_come_back(teller: Teller) -> None:
    id = teller.say("what is my locker code?")
    record = teller.correct(id, "8471")
    forgetting = Forgetting(
        teller.db, Adapters(teller.db, teller.db.path.parent, RealDisk(), teller.clock), teller.clock
    )
    asyncio.run(forgetting.carry_out(forgetting.plan(Selection((record,))), "b" * 64))
    make_old(teller.db)
    assert read(teller.db) == 0
    assert teller.experiences.feedback(id) != []


def test_a_fresh_home_and_what_gave_facts_already_are_left_alone(teller: Teller) -> None:
    assert teller.facts.backlog() is None
    teller.live(3)
    before = known(teller.db)
    migrate_again(teller.db)
    assert read(teller.db) == 0
    assert known(teller.db) == before


def test_what_is_forgotten_meanwhile_states_nothing(teller: Teller) -> None:
    teller.say("my locker code is 8471")
    make_old(teller.db)
    left = teller.facts.backlog()
    assert left is not None
    past = [fact_rows.PastFact(99, fact_rows.NewFact("t", "a", "a", "v"), 1.0)]
    assert asyncio.run(teller.facts.put_backlog(past, replace(left, through=left.until))) == 0
    assert teller.facts.backlog() is None
