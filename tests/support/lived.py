"""A home in which a generated life was lived: what was said is in the real stores, embedded by the real embedder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from a3x import ids
from a3x.app import build_embedder
from a3x.clock import HandClock, SystemClock
from a3x.config import RecallSection, Settings
from a3x.disk import RealDisk
from a3x.engine.embedding import TextEmbedder
from a3x.memory.index import Index
from a3x.memory.indexer import Indexer
from a3x.memory.recall import Recall, Recalled
from a3x.memory.record import Recorder
from a3x.memory.search import Search
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.facts import Facts
from a3x.stores.vectors import Floats, Vectors
from a3x.stores.words import Words
from a3x.types import Experience, Message
from tests.support.remembered import Asked, Life, life


class Recalling(Protocol):
    async def recall(self, messages: tuple[Message, ...]) -> Recalled: ...


class NoMap:
    """Places nothing on a map: this is about recall."""

    async def embedded(self, id: str, vector: Floats, embedder_sha256: str) -> None: ...

    async def review(self) -> int:
        return 0


@dataclass
class House:
    db: Database
    embedder: Any
    lived: Life
    clock: HandClock = field(default_factory=HandClock)

    def recall(self, notes: int, embedder: TextEmbedder | None, **settings: Any) -> Recall:
        index = Index(Vectors(self.db), self.db.path, self.clock)
        search = Search(Experiences(self.db), Words(self.db), index, embedder)

        async def count(text: str) -> int:
            return len(text.split())

        return Recall(search, Facts(self.db), RecallSection(notes=notes, **settings), count, 10**9)


@asynccontextmanager
async def lived(home: Path, seed: int, supersedes: bool = True) -> AsyncIterator[House]:
    """A memory after all that was said, embedded."""
    settings = Settings(home=home)
    embedder = build_embedder(settings)
    with Database(home / "a3x.db", RealDisk(), HandClock()) as db:
        house = House(db, embedder, life(seed))
        recorder = Recorder(Experiences(db), house.clock)
        for number, text in enumerate(house.lived.said):
            await recorder.record(_chat(text, number))
        if not supersedes:
            await asyncio.wrap_future(db.write(lambda c: c.execute("UPDATE fact SET superseded_by = NULL").fetchall()))
        indexer = Indexer(Vectors(db), embedder, Index(Vectors(db), db.path, house.clock), NoMap(), settle_s=0.0)
        await indexer.catch_up()
        yield house
        await embedder.close()


def _chat(text: str, number: int) -> Experience:
    messages = ({"role": "user", "content": text},)
    plain = Experience(ids.new_id("exp", SystemClock()), "user:local", "chat", text, 1.0, "completed", "Noted.")
    return replace(plain, when=1.0 + number, session=f"s{number // 8}", messages=messages)


async def recalled(by: Recalling, asked: Sequence[Asked]) -> list[Recalled]:
    return [await by.recall((Message("user", one.question),)) for one in asked]
