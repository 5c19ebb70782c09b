"""Embedding in the background and hybrid search, with the scripted embedder: queue, fusion, filters, what goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from a3x.clock import HandClock
from a3x.config import PrioritySection
from a3x.disk import RealDisk
from a3x.engine.embedding import Embedded, EmbedInput
from a3x.engine.scripted import ScriptedEmbedder
from a3x.errors import EngineFailure, NotFound, NotReady
from a3x.memory.index import Index
from a3x.memory.indexer import Indexer, parts_of
from a3x.memory.prioritiser import Prioritiser
from a3x.memory.search import RANK_OFFSET, Search, fuse, telling
from a3x.stores.clusters import Clusters
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.filters import Filter
from a3x.stores.priorities import Priorities
from a3x.stores.vectors import Floats, Space, Vectors
from a3x.stores.words import Words
from a3x.types import Experience
from tests.support.http_house import FakeServices, client, experience
from tests.support.memory_machine import KeepingMachine, MemoryMachine

PLAIN = Experience("", "user:local", "chat", "", 1.0, "completed", "")
SPACE = Space("e" * 64)


class ListMapper:
    """Hears of questions to be placed; places none."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.reviews = 0

    async def embedded(self, id: str, vector: Floats, embedder_sha256: str) -> None:
        self.told.append(id)
        if id == "gone":
            raise NotFound("gone")

    async def review(self) -> int:
        self.reviews += 1
        return 0


class House:
    """A memory with everything that searches it."""

    def __init__(self, path: Path, embedder: ScriptedEmbedder) -> None:
        self.db = Database(path, RealDisk(), HandClock())
        self.store, self.vectors = Experiences(self.db), Vectors(self.db)
        self.index = Index(self.vectors, path, HandClock())
        self.mapper = ListMapper()
        self.indexer = Indexer(self.vectors, embedder, self.index, self.mapper, settle_s=0.0)
        self.search = Search(self.store, Words(self.db), self.index, embedder)

    def add(self, id: str, this: str, if_ok: str = "", **changes: Any) -> None:
        asyncio.run(self.store.add(replace(PLAIN, id=id, this=this, if_ok=if_ok, **changes)))

    def find(self, query: str, only: Filter | None = None) -> list[str]:
        found = asyncio.run(self.search.search(query, 10, only or Filter())).found
        return [one.experience.id for one in found]


@pytest.fixture
def embedder() -> ScriptedEmbedder:
    return ScriptedEmbedder()


@pytest.fixture
def house(tmp_path: Path, embedder: ScriptedEmbedder) -> Iterator[House]:
    made = House(tmp_path / "a3x.db", embedder)
    yield made
    made.db.close()


def catch_up(house: House) -> None:
    asyncio.run(house.indexer.catch_up())


def test_fusion_by_hand() -> None:
    scores = fuse({"meaning": [7, 8], "words": [8, 9]})
    k = RANK_OFFSET
    assert scores == {7: 1 / (k + 1), 8: 1 / (k + 2) + 1 / (k + 1), 9: 1 / (k + 2)}
    assert max(scores, key=lambda seq: scores[seq]) == 8, "found by both beats first in one"


def test_common_words_are_left_out_unless_alone() -> None:
    assert telling("What is the capital of Peru?") == ["capital", "peru"]
    assert telling("what is this") == ["what", "is", "this"]


def test_both_lists_are_searched_and_named(house: House) -> None:
    house.add("a", "list files here", "ls")
    house.add("b", "capital of peru", "Lima")
    catch_up(house)
    results = asyncio.run(house.search.search("capital peru", 10))
    best = results.found[0]
    assert best.experience.id == "b" and dict(best.ranks) == {"meaning": 1, "words": 1}
    assert best.similarity is not None and 0.3 < best.similarity <= 1.0
    assert results.note == ""
    assert house.find("capital peru", Filter(theme="cli")) == []


def test_without_an_embedder_words_are_searched_and_it_says_so(tmp_path: Path) -> None:
    house = House(tmp_path / "a3x.db", ScriptedEmbedder(installed=False))
    house.add("a", "capital of peru", "Lima")
    results = asyncio.run(house.search.search("peru", 10))
    assert [one.experience.id for one in results.found] == ["a"]
    assert results.note.startswith("found by words only: the embedder is not installed")
    with pytest.raises(NotReady):
        catch_up(house)
    house.db.close()


def test_texts_are_embedded_once(house: House, embedder: ScriptedEmbedder) -> None:
    for n in range(40):
        house.add(f"{n}", "same question", f"answer {n % 2}")
    house.add("empty", "")
    catch_up(house)
    catch_up(house)
    assert sorted(map(str, embedder.asked)) == ["same question", "same question\nanswer 0", "same question\nanswer 1"]
    assert house.vectors.count(SPACE) == 40
    assert parts_of("", "") == {}


def test_recording_wakes_the_queue(house: House) -> None:
    async def main() -> None:
        house.indexer.start()
        await asyncio.sleep(0.02)
        await house.store.add(replace(PLAIN, id="a", this="hello there"))
        house.indexer.wake()
        for _ in range(500):
            await asyncio.sleep(0.01)
            if house.vectors.count(SPACE):
                break
        await house.indexer.stop()

    asyncio.run(main())
    assert house.vectors.count(SPACE) == 1


def test_embedding_waits_until_nobody_is_answered(house: House, embedder: ScriptedEmbedder) -> None:
    quiet = [0.0]
    house.indexer = Indexer(house.vectors, embedder, house.index, house.mapper, lambda: quiet[0], settle_s=0.05)
    house.add("a", "hello there")

    async def main() -> list[int]:
        work = asyncio.create_task(house.indexer.catch_up())
        await asyncio.sleep(0.2)
        seen = [house.vectors.count(SPACE)]
        quiet[0] = 1.0
        await work
        return [*seen, house.vectors.count(SPACE)]

    assert asyncio.run(main()) == [0, 1]


def test_what_is_embedded_is_placed_on_the_map(house: House) -> None:
    for id in ("a", "gone", "b"):
        house.add(id, f"text {id}")
    house.add("answer only", "", "said without being asked")
    catch_up(house)
    assert (house.mapper.told, house.mapper.reviews) == (["a", "gone", "b"], 1)


def test_a_real_map_is_told_once_and_again_after_it_was_forgotten(tmp_path: Path) -> None:
    house = House(tmp_path / "a3x.db", ScriptedEmbedder())
    parts = (house.store, Priorities(house.db), Clusters(house.db))
    prioritiser = Prioritiser(*parts, house.vectors, PrioritySection(), HandClock())
    indexer = Indexer(house.vectors, ScriptedEmbedder(), house.index, prioritiser, settle_s=0.0)
    for id in ("a", "b"):
        house.add(id, f"about {id}")

    async def live() -> None:
        await indexer.catch_up()
        assert sum(one.size for one in parts[2].all()) == 2
        assert parts[1].get("a").components["novelty"]["value"] > 0
        await indexer.catch_up()
        assert sum(one.size for one in parts[2].all()) == 2
        await prioritiser.rebuild_map()
        assert parts[2].all() == []
        await indexer.catch_up()
        assert sum(one.size for one in parts[2].all()) == 2

    asyncio.run(live())
    house.db.close()


class Picky(ScriptedEmbedder):
    """Refuses one text."""

    async def embed(self, inputs: Sequence[EmbedInput], truncate: bool = True) -> Embedded:
        if any("poison" in str(text) for text in inputs):
            raise EngineFailure("cannot")
        return await super().embed(inputs, truncate)


def test_a_text_that_fails_does_not_hold_up_the_others(tmp_path: Path) -> None:
    house = House(tmp_path / "a3x.db", Picky())
    for id in ("a", "poison", "b"):
        house.add(id, f"text {id}")
    catch_up(house)
    assert house.vectors.count(SPACE) == 2
    assert house.indexer.status()["passed_over"] == 1
    assert house.find("poison") == ["poison"], "by words"
    house.db.close()


def test_over_http() -> None:
    services = FakeServices()
    services.search.rows = [experience(1)]
    http = client(services)
    answer = http.get("/a3x/memory", params={"q": "hi", "limit": 3, "theme": "cli", "since": "1.5"})
    assert answer.json()["found"][0]["experience"]["id"] == "exp-1"
    assert answer.json()["note"]
    assert services.search.asked == [("hi", 3, Filter(theme="cli", since=1.5))]
    for bad in (
        {"q": " "},
        {"q": "x", "since": "yesterday"},
        {"q": "x", "origin": "rumour"},
        {"q": "x", "since": "nan"},
    ):
        assert http.get("/a3x/memory", params=bad).status_code == 400, bad


def test_any_order_of_events_keeps_the_memory_right() -> None:
    """Two thousand of these run in ``tests/acceptance/test_memory_orders.py``."""
    run_state_machine_as_test(MemoryMachine, settings=settings(max_examples=8, stateful_step_count=12, deadline=None))


@pytest.mark.parametrize("machine", [MemoryMachine, KeepingMachine])
def test_an_index_that_keeps_what_was_forgotten_is_noticed(machine: type[MemoryMachine]) -> None:
    """Negative control: a life in which something found is forgotten, which chance takes its time to draw."""
    life = machine()
    life.open()
    try:
        for id, text in (("a", "red apple"), ("b", "green leaf")):
            life.record(id, text)
        life.embed()
        life.search_finds_what_is_there_and_nothing_else()
        life.forget(["a"])
        with pytest.raises(AssertionError) if machine is KeepingMachine else contextlib.nullcontext():
            life.search_finds_what_is_there_and_nothing_else()
    finally:
        life.teardown()
