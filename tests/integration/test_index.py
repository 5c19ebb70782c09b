"""The FAISS index, built by its real child: close to exact, merged with what is new, void after deleting, and only a cache."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from a3x.clock import SystemClock
from a3x.disk import RealDisk
from a3x.memory.index import FOLDER, Index
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.filters import Filter
from a3x.stores.vectors import NewVector, Space, Vectors
from a3x.types import Experience
from tests.support.forgetting import forget

pytestmark = pytest.mark.integration

SPACE = Space("e" * 64)
COUNT, WIDTH = 3000, 32
PLAIN = Experience("", "user:local", "chat", "t", 1.0, "completed", "a")


def rows(count: int, seed: int = 1) -> np.ndarray:
    """Unit vectors in clusters, as texts are."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(40, WIDTH))
    made = centres[chance.integers(0, 40, count)] + 0.3 * chance.normal(size=(count, WIDTH))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a3x.db", RealDisk(), SystemClock()) as opened:
        asyncio.run(fill(opened, rows(COUNT)))
        yield opened


async def fill(db: Database, made: np.ndarray, start: int = 0) -> None:
    async def one(n: int) -> NewVector:
        span = replace(PLAIN, id=f"{start + n}", theme="cli" if (start + n) % 500 == 0 else "general")
        return NewVector(await Experiences(db).add(span), "combined", f"{start + n}", made[n])

    await Vectors(db).put(SPACE.embedder_sha256, await asyncio.gather(*map(one, range(len(made)))))


def opened(db: Database) -> Index:
    return Index(Vectors(db), db.path, SystemClock(), exact_up_to=500)


def recall(index: Index, db: Database) -> float:
    queries, hits = rows(40, seed=2), 0
    for query in queries:
        true = {near.seq for near in Vectors(db).nearest(SPACE, query, 10)}
        hits += len(true & {near.seq for near in index.near(SPACE, query, 10)})
    return hits / 400


def test_the_life_of_an_index(db: Database) -> None:
    index = opened(db)
    assert asyncio.run(index.refresh(SPACE))
    assert not asyncio.run(index.refresh(SPACE)), "nothing is due"
    made = Vectors(db).index(SPACE)
    assert made is not None and (made.vectors, made.through) == (COUNT, COUNT)
    assert recall(index, db) >= 0.95

    new = rows(20, seed=3)
    asyncio.run(fill(db, new, COUNT))
    for n in range(20):
        assert index.near(SPACE, new[n], 3)[0].seq == COUNT + n + 1, "what is new is found at once"
    narrow = [near.seq for near in index.near(SPACE, new[0], 10, Filter(theme="cli"))]
    assert narrow == [near.seq for near in Vectors(db).nearest(SPACE, new[0], 10, Filter(theme="cli"))]
    assert len(narrow) == 7

    (file,) = (db.path.parent / FOLDER).iterdir()
    asyncio.run(forget(db, ["17"]))
    index.sweep()
    assert not file.exists() and Vectors(db).index(SPACE) is None
    assert 18 not in {near.seq for near in index.near(SPACE, rows(COUNT)[17], 10)}
    assert asyncio.run(index.refresh(SPACE))
    assert recall(index, db) >= 0.95


def test_an_index_that_looks_in_one_list_is_noticed(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control for the recall."""
    monkeypatch.setattr("a3x.memory.index.PROBED_LISTS", 1)
    monkeypatch.setattr("a3x.memory.index.CANDIDATES", 4)
    index = opened(db)
    asyncio.run(index.refresh(SPACE))
    assert recall(index, db) < 0.95


@pytest.mark.parametrize("harm", ["folder", "file", "content", "cut"])
def test_deleting_the_index_loses_nothing(db: Database, harm: str) -> None:
    asyncio.run(opened(db).refresh(SPACE))
    (file,) = (db.path.parent / FOLDER).iterdir()
    if harm == "folder":
        shutil.rmtree(file.parent)
    elif harm == "file":
        file.unlink()
    else:
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data if harm == "content" else data[:-9])
    again = opened(db)
    assert recall(again, db) == 1.0, "exact until it is rebuilt"
    assert asyncio.run(again.refresh(SPACE)), "rebuilt"
    assert recall(again, db) >= 0.95
    assert {path.name for path in file.parent.iterdir()} == Vectors(db).index_files()
