"""A memory in any order of events, as a state machine: what it finds is exactly what it was told and not told to forget."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from a3x.clock import HandClock
from a3x.config import PrioritySection
from a3x.disk import file_sha256, make_folder
from a3x.engine.scripted import ScriptedEmbedder
from a3x.learn.forget import Forgetter
from a3x.memory import index_child
from a3x.memory.index import FOLDER, Index
from a3x.memory.indexer import Indexer
from a3x.memory.prioritiser import Prioritiser
from a3x.memory.search import Search
from a3x.stores.adapters import Adapters
from a3x.stores.backup import check_database
from a3x.stores.clusters import Clusters
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.fakes import PowerCutDisk
from a3x.stores.filters import EVERYTHING, Filter
from a3x.stores.forgetting import Forgetting, Selection
from a3x.stores.priorities import Priorities
from a3x.stores.vectors import Floats, IndexFile, Near, Space, Vectors
from a3x.stores.words import Words
from a3x.types import Experience, Feedback

PLAIN = Experience("", "user:local", "chat", "", 1.0, "completed", "")
SPACE = Space("e" * 64)
WINDOW = 3
MEMORY_DISK = Path("/dev/shm")
"""Where there is one: what is durable is ``PowerCutDisk``'s business, and real syncs take most of the time."""
TEXTS = ("red apple", "green leaf", "blue sky")
IDS = st.sampled_from("abcdef")


class NearIndex(Index):
    """Builds its files in this process, whenever a vector is missing: a child takes too long for thousands of lives."""

    def __init__(self, db: Database, clock: HandClock) -> None:
        super().__init__(Vectors(db), db.path, clock, exact_up_to=0)
        self._db = db

    async def _build(self, space: Space, vectors: int) -> None:
        import faiss

        index, held, through = index_child.build(self._db, space.embedder_sha256, space.part, vectors)
        path = self._folder / f"{secrets.token_hex(8)}.faiss"
        make_folder(self._folder)
        faiss.write_index(index, str(path))
        await self._vectors.set_index(space, IndexFile(path.name, file_sha256(path), held, through, 1.0))


class House:
    """A memory with everything that writes and searches it."""

    def __init__(self, home: Path, disk: PowerCutDisk, index: type[NearIndex]) -> None:
        clock = HandClock()
        self.home = home
        self.db = Database(home / "a3x.db", disk, clock)
        self.store, self.priorities, self.words = Experiences(self.db), Priorities(self.db), Words(self.db)
        self.index = index(self.db, clock)
        settings = PrioritySection(window=WINDOW)
        vectors = Vectors(self.db)
        self.prioritiser = Prioritiser(self.store, self.priorities, Clusters(self.db), vectors, settings, clock)
        self.indexer = Indexer(vectors, ScriptedEmbedder(), self.index, self.prioritiser, settle_s=0.0)
        self.search = Search(self.store, self.words, self.index, ScriptedEmbedder())
        adapters = Adapters(self.db, home, disk, clock)
        self._forgetting = Forgetting(self.db, adapters, clock)
        self._forgetter = Forgetter(self._forgetting, adapters, home, _unload)

    async def record(self, experience: Experience) -> None:
        await self.store.add(experience)
        await self.prioritiser.recorded(experience.id)

    async def correct(self, id: str) -> None:
        await self.store.add_feedback(Feedback(id, -1, "otherwise", 2.0))
        await self.prioritiser.judged(id)

    async def forget(self, ids: list[str]) -> None:
        await self._forgetter.forget(self._forgetting.plan(Selection(tuple(ids))), "b" * 64)
        self.index.sweep()


async def _unload(sha256: str) -> None:
    raise AssertionError("there is no adapter")


class MemoryMachine(RuleBasedStateMachine):
    """Record, correct, embed, forget, let windows slide, lose power, lose the index, restart."""

    index: type[NearIndex] = NearIndex

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="a3x-machine-", dir=MEMORY_DISK if MEMORY_DISK.is_dir() else None))
        self.lives = itertools.count()
        self.texts: dict[str, str] = {}
        self.marks: dict[str, str] = {}
        self.embedded: set[str] = set()
        self.corrected: set[str] = set()
        self._start(self.folder / f"life{next(self.lives)}")

    def _start(self, home: Path) -> None:
        self.disk = PowerCutDisk()
        self.house = House(home, self.disk, self.index)

    def _end(self) -> None:
        self.house.db.close()
        self.disk.close()

    # --- what happens ------------------------------------------------------------------------------------------------

    @rule(id=IDS, text=st.sampled_from(TEXTS))
    def record(self, id: str, text: str) -> None:
        mark = f"mark{secrets.token_hex(6)}"
        asyncio.run(self.house.record(replace(PLAIN, id=id, this=text, session=mark)))
        if id not in self.texts:
            self.texts[id], self.marks[id] = text, mark

    @rule(id=IDS)
    def correct(self, id: str) -> None:
        if id in self.texts:
            asyncio.run(self.house.correct(id))
            self.corrected.add(id)
            if len(self.corrected) > WINDOW:  # the newest are kept
                self.corrected = set(sorted(self.corrected, key=lambda id: -self.house.store.get(id).seq)[:WINDOW])

    @rule()
    def embed(self) -> None:
        """In the background of the real house; the index is built anew over what is there."""
        asyncio.run(self.house.indexer.catch_up())
        self.embedded = set(self.texts)

    @rule(ids=st.lists(IDS, min_size=1, max_size=3, unique=True))
    def forget(self, ids: list[str]) -> None:
        there = [id for id in ids if id in self.texts]
        if not there:
            return
        asyncio.run(self.house.forget(there))
        for id in there:
            del self.texts[id]
            mark = self.marks.pop(id).encode()
            assert not any(mark in path.read_bytes() for path in self.house.home.rglob("*") if path.is_file())
        self.embedded -= set(there)
        self.corrected -= set(there)

    @rule()
    def restart(self) -> None:
        home = self.house.home
        self._end()
        self._start(home)

    @rule()
    def crash(self) -> None:
        """The power goes: only what was synced of the database is there afterwards, the index folder as it was."""
        home = self.folder / f"life{next(self.lives)}"
        self.disk.cut(home)
        if (self.house.home / FOLDER).is_dir():
            shutil.copytree(self.house.home / FOLDER, home / FOLDER)
        gone = self.house.home
        self._end()
        shutil.rmtree(gone)
        assert check_database(home / "a3x.db") == []
        self._start(home)

    @rule(harm=st.sampled_from(["remove", "garble"]))
    def rebuild(self, harm: str) -> None:
        """The index is only a cache: without it, or with another content, it is made again."""
        for path in (self.house.home / FOLDER).glob("*.faiss"):
            path.unlink()  # in place, FAISS's own mapping of the file would change
            if harm == "garble":
                path.write_bytes(b"no index")
        asyncio.run(self.house.index.refresh(SPACE))

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def the_rows_are_what_was_recorded(self) -> None:
        if hasattr(self, "house"):
            assert {one.id: one.this for one in self.house.store.recent()} == self.texts

    @invariant()
    def search_finds_what_is_there_and_nothing_else(self) -> None:
        if not hasattr(self, "house"):
            return
        seqs = {one.seq: one.id for one in self.house.store.recent()}
        for text in TEXTS[:2]:
            found = asyncio.run(self.house.search.search(text, 10)).found
            same = {id for id, one in self.texts.items() if one == text}
            assert {one.experience.id for one in found if "words" in one.ranks} == same
            assert {one.experience.id for one in found if "meaning" in one.ranks} == self.embedded
            assert {one.experience.id for one in found if (one.similarity or 0) > 0.99} == same & self.embedded
            assert {seqs.get(seq) for seq in self.house.words.find(text.split(), 10)} == same
        near = self.house.index.near(SPACE, ScriptedEmbedder()._row(["red", "apple"]), 10)
        assert {seqs.get(one.seq) for one in near} == self.embedded

    @invariant()
    def the_window_holds_what_it_must(self) -> None:
        if not hasattr(self, "house"):
            return
        window = {one.id for one in self.house.priorities.window("general")}
        assert window <= self.texts.keys() and len(window) <= WINDOW
        assert self.corrected <= window
        assert self.house.priorities.missing(10) == []

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self._end()
            shutil.rmtree(self.folder)


class KeepingIndex(NearIndex):
    """Control: gives back what it ever found, deleted or not."""

    def __init__(self, db: Database, clock: HandClock) -> None:
        super().__init__(db, clock)
        self._found: dict[int, Near] = {}

    def near(self, space: Space, query: Floats, limit: int, only: Filter = EVERYTHING) -> list[Near]:
        self._found |= {one.seq: one for one in super().near(space, query, limit, only)}
        return list(self._found.values())[:limit]


class KeepingMachine(MemoryMachine):
    index = KeepingIndex
