"""Forgetting: no byte of what was forgotten stays in the home, what was trained on it goes, the ledger holds."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from a3x.disk import RealDisk
from a3x.errors import BadRequest, NotFound
from a3x.learn import forget as forget_module
from a3x.learn.forget import Forgetter
from a3x.stores.adapters import Adapters, Lineage
from a3x.stores.cycles import Cycles
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.forgetting import Forgetting, Selection
from a3x.stores.records import Records
from a3x.types import Experience, Feedback, Mix

BASE = "b" * 64
CANARIES = tuple(f"canary-{number:02d}-zq" for number in range(50))


class HandClock:
    def now(self) -> float:
        return 1_700_000_000.0

    def monotonic(self) -> float:
        return 0.0


class House:
    """Clean lessons in general@1; general@2 has learnt them and twenty-five canaries; twenty-five more were only said."""

    def __init__(self, home: Path) -> None:
        self.home, clock, disk = home, HandClock(), RealDisk()
        self.db = Database(home / "a3x.db", disk, clock)
        self.experiences, self.records = Experiences(self.db), Records(self.db, clock)
        self.cycles, self.adapters = Cycles(self.db, clock), Adapters(self.db, home, disk, clock)
        self.forgetting = Forgetting(self.db, self.adapters, clock)
        self.unloaded: list[str] = []
        self.forgetter = Forgetter(self.forgetting, self.adapters, home, self._unload)

    async def _unload(self, sha256: str) -> None:
        self.unloaded.append(sha256)

    async def live(self) -> None:
        clean = [await self.teach(f"exp_clean{number}", f"plain {number}?", str(number)) for number in range(4)]
        await self.learn(clean, [], None)
        taught = [
            await self.teach(f"exp_{at}", f"what is {text}?", f"it is {text}") for at, text in enumerate(CANARIES[:25])
        ]
        await self.learn(taught, clean, 1)
        for at, text in enumerate(CANARIES[25:], 25):
            await self.say(f"exp_{at}", f"I say {text}", f"you said {text}", "secret")
        history = (
            {"role": "user", "content": f"I say {CANARIES[30]}"},
            {"role": "assistant", "content": f"you said {CANARIES[30]}"},
        )
        await self.say(
            "exp_later", "and now?", "now what", "secret", (*history, {"role": "user", "content": "and now?"})
        )
        (self.home / "backups").mkdir()
        (self.home / "backups" / "old.db").write_text(CANARIES[0])

    async def say(self, id: str, asked: str, answer: str, session: str = "", messages: Any = ()) -> None:
        span = Experience(id, "user:local", "chat", asked, 1.0, "completed", answer, session=session, messages=messages)
        await self.experiences.add(span)

    async def teach(self, id: str, asked: str, answer: str) -> str:
        await self.say(id, asked, "no idea")
        return (await self.records.correct(Feedback(id, -1, answer, 1.0))).id

    async def learn(self, new: list[str], old: list[str], parent: int | None) -> None:
        cycle = await self.cycles.open("general", BASE, "asked for")
        run = self.home / "runs" / cycle.id
        run.mkdir(parents=True)
        with zipfile.ZipFile(run / "records.npz", "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("texts", "\n".join(self.records.get(id).answer for id in new + old))
        lineage = Lineage(parent=parent, cycle=cycle.id)
        adapter = await self.adapters.install("general", f"weights {parent}".encode(), BASE, {}, {}, lineage)
        await self.adapters.activate("general", adapter.version, "better", cycle.id)
        await self.records.mark_learned(new + old, adapter.name)
        facts = {"unlearned": new, "learned": old, "version": adapter.name}
        for before, after in zip(
            ("opened", "curated", "trained", "converted", "judged"),
            ("curated", "trained", "converted", "judged", "promoted"),
            strict=True,
        ):
            await self.cycles.advance(cycle.id, before, after, facts)  # type: ignore[arg-type]
        judged = self.home / "index" / "judged"
        judged.mkdir(parents=True, exist_ok=True)
        (judged / f"suite-base-{Mix(((adapter, 1.0),)).key}.json").write_text(CANARIES[1] if parent else "clean")

    def forget(self, selection: Selection) -> None:
        asyncio.run(self.forgetter.forget(self.forgetting.plan(selection), BASE))

    def left(self) -> set[str]:
        """The canaries that some file under the home holds, archives unpacked."""
        contents = [data for path in self.home.rglob("*") if path.is_file() for data in unpacked(path.read_bytes())]
        return {text for text in CANARIES if any(text.encode() in data for data in contents)}

    def active(self) -> list[str]:
        return [adapter.name for adapter in self.adapters.active(BASE).values()]


def unpacked(data: bytes) -> Iterator[bytes]:
    yield data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            yield from (file.read(name) for name in file.namelist())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "home")
    asyncio.run(house.live())
    yield house
    house.db.close()


ALL = Selection(query="CANARY-")


def is_forgotten(house: House) -> None:
    assert house.left() == set()
    assert house.active() == ["general@1"]
    assert [adapter.name for adapter in house.adapters.withdrawn()] == ["general@2"]
    assert not house.adapters.withdrawn()[0].path.exists()
    assert house.adapters.verify() == []
    (cycle,) = house.cycles.unfinished()
    assert (cycle.theme, cycle.state) == ("general", "opened")
    assert {record.learned_in for record in house.records.learned("general")} == {
        "general@1"
    } or house.records.unlearned("general")
    assert house.forgetting.unfinished() == []


def test_nothing_is_left(house: House) -> None:
    assert house.left() == set(CANARIES)
    asyncio.run(house.teach("exp_new", "what is new?", "this"))
    house.forget(ALL)
    is_forgotten(house)
    assert len(house.unloaded) == 1
    assert house.experiences.count() == 5
    assert (house.home / "runs").exists() and len(list((house.home / "runs").iterdir())) == 1


def test_a_preview_changes_nothing(house: House) -> None:
    plan = house.forgetting.plan(ALL)
    assert (len(plan.experiences), len(plan.records)) == (51, 25)
    assert [adapter.name for adapter in plan.adapters] == ["general@2"]
    assert house.left() == set(CANARIES) and house.active() == ["general@2"]


def test_by_id_with_the_turns_that_quote_it(house: House) -> None:
    plan = house.forgetting.plan(Selection(ids=("exp_30",)))
    assert plan.experiences == ("exp_30", "exp_later") and not plan.adapters
    house.forget(Selection(ids=("exp_30",)))
    assert house.left() == set(CANARIES) - {CANARIES[30]}


def test_by_session_and_time(house: House) -> None:
    assert len(house.forgetting.plan(Selection(session="secret")).experiences) == 26
    assert len(house.forgetting.plan(Selection(since=0.5, until=1.5)).experiences) == 55
    assert not house.forgetting.plan(Selection(since=2.0))


def test_what_selects_nothing_or_all_is_refused(house: House) -> None:
    with pytest.raises(BadRequest):
        house.forgetting.plan(Selection(query=" "))
    with pytest.raises(NotFound):
        house.forgetting.plan(Selection(ids=("exp_nobody",)))


@pytest.mark.parametrize("step", ["_delete_files", "scrub", "finish"])
def test_a_crash_is_made_good_by_the_next_start(house: House, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    asyncio.run(house.teach("exp_new", "what is new?", "this"))
    with monkeypatch.context() as broken, pytest.raises(BaseException):  # noqa: B017
        broken.setattr(Forgetter if step.startswith("_") else Forgetting, step, die)
        house.forget(ALL)
    assert house.forgetting.unfinished()
    asyncio.run(house.forgetter.resume())
    is_forgotten(house)


@pytest.mark.parametrize("left_out", ["scrub", "runs", "copies"])
def test_who_leaves_out_a_step_is_found_out(house: House, left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative controls."""

    async def nothing(*_: object) -> None: ...

    if left_out == "scrub":
        monkeypatch.setattr(Forgetting, "scrub", nothing)
    elif left_out == "runs":
        monkeypatch.setattr(forget_module, "_remove", lambda folder: None)
    else:
        monkeypatch.setattr(forget_module, "MANAGED_FOLDERS", ())
    house.forget(ALL)
    assert house.left()
