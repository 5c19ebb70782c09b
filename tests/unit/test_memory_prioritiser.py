"""From stored experiences to rows: reactions reach the turn before, judgements raise, windows slide, restarts lose nothing."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a3x.clock import HandClock
from a3x.config import PrioritySection
from a3x.disk import RealDisk
from a3x.memory.insight import Insight
from a3x.memory.prioritiser import Prioritised, Prioritiser
from a3x.stores.clusters import Clusters
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.fakes import FullDisk
from a3x.stores.priorities import Priorities, Priority
from a3x.stores.vectors import NewVector, Vectors
from a3x.types import Experience, Feedback
from tests.support.interactions import life, tell

VECTORS = np.eye(8, dtype=np.float32)


class House:
    def __init__(self, db: Database, quiet_s: float = 0.0, **settings: Any) -> None:
        self.experiences, self.priorities, self.clusters = Experiences(db), Priorities(db), Clusters(db)
        parts = (self.experiences, self.priorities, self.clusters)
        self.vectors = Vectors(db)
        self.prioritiser = Prioritiser(*parts, self.vectors, PrioritySection(**settings), HandClock(), quiet_s=quiet_s)
        self.insight = Insight(*parts)

    async def ask(self, id: str, question: str, **more: Any) -> None:
        messages = ({"role": "user", "content": question},)
        plain = Experience(id, "user:local", "chat", question, 1.0, "completed", "that", session="s", messages=messages)
        await self.experiences.add(replace(plain, **more))
        await self.prioritiser.recorded(id)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as opened:
        yield opened


def test_a_reaction_reaches_the_turn_before(db: Database) -> None:
    async def run() -> None:
        house = House(db)
        await house.ask("a", "how do I unpack this?")
        quiet = house.priorities.get("a").priority
        await house.ask("b", "that doesn't work", session="other")
        assert house.priorities.get("a").priority == quiet
        await house.ask("c", "that doesn't work")
        assert house.priorities.get("a").reaction == "complained"
        assert house.priorities.get("a").priority > quiet + 0.3
        await house.prioritiser.judged("a")
        assert house.priorities.get("a").reaction == "complained"

    asyncio.run(run())


def test_without_a_session_the_conversation_tells(db: Database) -> None:
    async def run() -> None:
        house = House(db)
        await house.ask("a", "how do I unpack this?", session="")
        talk = [("user", "how do I unpack this?"), ("assistant", "that"), ("user", "thanks")]
        messages = tuple({"role": role, "content": text} for role, text in talk)
        await house.ask("b", "thanks", session="", messages=messages)
        await house.ask("c", "no", session="")
        assert [house.priorities.get(id).reaction for id in ("a", "b")] == ["thanked", ""]

    asyncio.run(run())


@pytest.mark.parametrize(("meant", "reaction"), [(1.0, "rephrased"), (0.5, "moved_on")])
def test_what_means_the_same_asks_the_same_again(db: Database, meant: float, reaction: str) -> None:
    """Not a word is shared; only the stored vectors tell. Those of something else (the control) do not."""

    async def run() -> None:
        house = House(db)
        second = np.array([meant, (1 - meant**2) ** 0.5, *[0.0] * 6], dtype=np.float32)
        for seq, (id, question, vector) in enumerate(
            [("a", "how big is my disk?", VECTORS[0]), ("b", "quanto espaço tem o meu HD?", second)], 1
        ):
            await house.ask(id, question)
            assert house.priorities.get("a").reaction == ("" if id == "a" else "moved_on"), "by words alone"
            await house.vectors.put("ab", [NewVector(seq, "query", id, vector)])
            await house.prioritiser.embedded(id, vector, "ab")
        assert house.priorities.get("a").reaction == reaction

    asyncio.run(run())


def test_what_is_recorded_together_is_taken_in_together(db: Database) -> None:
    """And what was forgotten in between costs the others nothing."""

    async def run() -> None:
        house = House(db)
        for id in "abc":
            await house.experiences.add(Experience(id, "user:local", "chat", "a question?", 1.0, "completed", "that"))
        for id in ("a", "gone", "b"):
            house.prioritiser.recorded_soon(id)
        assert house.priorities.missing(5) == ["a", "b", "c"]
        await house.prioritiser.settle()
        assert house.priorities.missing(5) == ["c"]
        house.prioritiser.recorded_soon("c")
        await house.prioritiser.stop()
        assert house.priorities.missing(5) == []

    asyncio.run(run())


def test_what_a_full_disk_stopped_is_made_up_for(tmp_path: Path) -> None:
    async def run(db: Database, disk: FullDisk) -> None:
        house = House(db)
        for id in "ab":
            await house.experiences.add(Experience(id, "user:local", "chat", "a question?", 1.0, "completed", "that"))
        await house.prioritiser.recorded("b")
        await house.experiences.add_feedback(Feedback("b", -1, None, 2.0))
        disk.room_bytes = 0
        for work in (house.prioritiser.recorded("a"), house.prioritiser.judged("b")):
            house.prioritiser.soon(work)
        await house.prioritiser.settle()
        before = house.priorities.get("b").priority
        assert house.priorities.missing(5) == ["a"]
        disk.room_bytes = None
        house.prioritiser.soon(house.prioritiser.recorded("b"))
        await house.prioritiser.settle()
        assert house.priorities.missing(5) == []
        assert house.priorities.get("b").priority > before

    with FullDisk() as disk, Database(tmp_path / "a3x.db", disk, HandClock()) as db:
        asyncio.run(run(db, disk))


def test_a_correction_raises_and_says_why(db: Database) -> None:
    async def run() -> None:
        house = House(db, window=1)
        await house.ask("a", "one?")
        await house.ask("b", "two?", tools=({"exit_code": 1},))
        assert house.priorities.get("a").evicted is not None
        await house.experiences.add_feedback(Feedback("a", -1, "it is so", 2.0))
        await house.prioritiser.judged("a")
        row = house.priorities.get("a")
        assert (row.evicted, row.label, row.basis, row.outcome) == (None, "erroneous", "known", False)
        assert [one.id for one in house.priorities.window("general")] == ["a"]
        words = house.insight.why("a")["words"]
        assert f"{row.priority:.3f}" in words[0]
        assert any("the user corrected it" in line for line in words)
        assert house.experiences.get("a").origin == "generated"

    asyncio.run(run())


def test_vectors_place_it_and_a_restart_goes_on(db: Database) -> None:
    async def run() -> None:
        house = House(db)
        for number in range(4):
            await house.ask(f"e{number}", f"question {number}")
            if number == 2:
                house = House(db)
            await house.prioritiser.embedded(f"e{number}", VECTORS[number // 3], "ab")
            await house.prioritiser.embedded(f"e{number}", VECTORS[7], "ab")
        assert [(one.size, one.drift) for one in house.clusters.all()] == [(3, 0.0), (1, 0.0)]
        await house.prioritiser.review()
        novelty = [house.priorities.get(f"e{n}").components["novelty"]["value"] for n in (0, 3)]
        assert novelty == [pytest.approx(3**-0.5), 1.0]
        seen = house.insight.map()
        assert (seen["members"], [one["examples"] for one in seen["clusters"]][1]) == (4, ["question 3"])
        await house.prioritiser.embedded("e0", VECTORS[0], "another embedder")
        assert [one.size for one in house.clusters.all()] == [1]

    asyncio.run(run())


def test_looking_over_a_window_does_not_load_the_reasons(db: Database) -> None:
    """Reading the whole rows (the control) holds every word of every component at once."""
    many, text = 300, "because " * 500

    def peak(read: Callable[[], Sequence[object]]) -> int:
        tracemalloc.start()
        try:
            assert len(read()) == many
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    async def run() -> None:
        house = House(db)
        for number in range(many):
            await house.experiences.add(Experience(f"e{number}", "user:local", "chat", "?", 1.0, "completed", "that"))
        rows = [
            Priority(
                f"e{n}", n, "general", 0.5, {"doubt": {"why": f"{n} {text}"}}, "hesitant", "uncalibrated", 0.5, 0.5
            )
            for n in range(many)
        ]
        await house.priorities.put(rows)

    asyncio.run(run())
    priorities = Priorities(db)
    assert peak(lambda: priorities.window("general")) < many * len(text) / 4
    assert peak(lambda: priorities.in_windows(-1, many)) > many * len(text)


def test_what_nobody_counted_is_caught_up_with(db: Database) -> None:
    async def run() -> None:
        house = House(db, window=40)
        lived = life(1, 120)
        for one in lived:
            await house.experiences.add(one.span)
        assert await house.prioritiser.catch_up() == 120
        assert await house.prioritiser.catch_up() == 0
        assert house.priorities.window_size("general") <= 42

    asyncio.run(run())


def test_told_live_or_caught_up_with_the_rows_are_the_same(tmp_path: Path) -> None:
    async def run(home: Path, live: bool) -> dict[str, Any]:
        with Database(home / "a3x.db", RealDisk(), HandClock()) as db:
            house, lived = House(db), [replace(one, feedback=()) for one in life(3, 60)]
            for one in lived:
                await house.experiences.add(one.span)
                if live:
                    await house.prioritiser.recorded(one.span.id)
            if not live:
                await house.prioritiser.catch_up()
            await house.prioritiser.review()
            return {one.span_id: asdict(one) for one in house.priorities.in_windows(0, 1_000)}

    live, late = tmp_path / "live", tmp_path / "late"
    assert asyncio.run(run(live, True)) == asyncio.run(run(late, False))


def test_labels_calibrate_themselves(db: Database) -> None:
    async def run() -> None:
        house = House(db, min_outcomes=20)
        await tell(house.prioritiser, house.experiences, house.vectors, life(1, 150))
        made = house.priorities.calibration()
        assert made is not None
        assert made.n >= 20
        assert {row.basis for row in house.priorities.in_windows(0, 1_000)} == {"known", "calibrated"}

    asyncio.run(run())


def test_the_sink_does_not_wait_and_a_failure_is_only_logged(db: Database) -> None:
    class Lying:
        async def record(self, experience: Experience) -> bool:
            return True

    async def run() -> None:
        house = House(db)
        experience = Experience("gone", "user:local", "chat", "q", 0.0, "completed", "a")
        assert await Prioritised(Lying(), house.prioritiser).record(experience)
        await house.prioritiser.settle()
        assert house.priorities.find("gone") is None

    asyncio.run(run())


def test_what_comes_in_bulk_is_caught_up_with_when_no_more_comes(db: Database) -> None:
    async def run() -> None:
        house = House(db, quiet_s=1.0)
        await asyncio.gather(*(house.experiences.add(one.span) for one in life(1, 100)))
        for _ in range(4):
            house.prioritiser.catch_up_soon()
            await asyncio.sleep(0.3)
            assert len(house.priorities.missing(1000)) == 100, "nothing is computed while more is coming"
        await _until(lambda: not house.priorities.missing(1))
        assert house.priorities.window_size("general") == 100

    asyncio.run(run())


def test_catching_up_gives_way_to_what_comes_in_bulk_and_to_the_end(db: Database) -> None:
    async def run() -> None:
        house = House(db, quiet_s=1.0)
        await asyncio.gather(*(house.experiences.add(one.span) for one in life(1, 300)))
        house.prioritiser.soon(house.prioritiser.catch_up())
        await _until(lambda: house.priorities.window_size("general") > 0)
        house.prioritiser.catch_up_soon()
        await house.prioritiser.settle()
        assert 0 < house.priorities.window_size("general") < 300
        await house.prioritiser.stop()
        seen = house.priorities.window_size("general")
        await asyncio.sleep(1.2)
        assert house.priorities.window_size("general") == seen < 300, "what waits is left to the next start"
        assert await House(db).prioritiser.catch_up() == 300 - seen

    asyncio.run(run())


async def _until(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = asyncio.get_running_loop().time() + within_s
    while not holds():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.005)
