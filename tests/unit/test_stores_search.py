"""Words and vectors beside the spans: what is found, that both always agree with the rows, and that deleting leaves no byte."""

from __future__ import annotations

import asyncio
import hashlib
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.stores import db as db_module
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.filters import EVERYTHING, Filter
from a3x.stores.vectors import IndexFile, NewVector, Space, Vectors
from a3x.stores.words import Words, words_of
from a3x.types import Experience
from tests.support.forgetting import forget

PLAIN = Experience("", "user:local", "chat", "", 1.0, "completed", "")
SPACE = Space("e" * 64)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as opened:
        yield opened


def add(db: Database, id: str, this: str, if_ok: str = "", **changes: object) -> int:
    return asyncio.run(Experiences(db).add(replace(PLAIN, id=id, this=this, if_ok=if_ok, **changes)))  # type: ignore[arg-type]


def unit(*values: float) -> np.ndarray:
    row = np.array(values, np.float32)
    return row / np.linalg.norm(row)


def put(db: Database, seq: int, row: np.ndarray, text: str = "x") -> None:
    new = NewVector(seq, "combined", hashlib.sha256(text.encode()).hexdigest(), row)
    asyncio.run(Vectors(db).put(SPACE.embedder_sha256, [new]))


def find(db: Database, text: str, only: Filter = EVERYTHING) -> list[int]:
    return Words(db).find(words_of(text), 10, only)


# --- words -----------------------------------------------------------------------------------------------------------


def test_words_are_found_whatever_their_case_and_accents(db: Database) -> None:
    first, second = add(db, "a", "Onde fica a ESTAÇÃO?", "na praça"), add(db, "b", "the station", "Is there")
    assert find(db, "estacao") == find(db, "PRAÇA?") == [first]
    assert find(db, "station estação") == [first, second] or find(db, "station estação") == [second, first]
    assert find(db, "nowhere") == find(db, "") == find(db, "…?!") == []


@pytest.mark.parametrize("odd", ['"', 'a"b OR *', "NEAR(", "this:x", "-", "^", "a AND", "{", "\0", "'; DROP"])
def test_what_is_asked_is_text_and_no_query_language(db: Database, odd: str) -> None:
    add(db, "a", "plain")
    assert find(db, odd) == []


def test_filters(db: Database) -> None:
    one = add(db, "a", "word", theme="cli", when=10.0, origin="file", status="failed", session="s")
    two = add(db, "b", "word", theme="python", when=20.0)
    wanted: list[tuple[Filter, list[int]]] = [
        (Filter(theme="cli"), [one]),
        (Filter(since=20.0), [two]),
        (Filter(until=20.0), [one]),
        (Filter(origin="file"), [one]),
        (Filter(status="completed"), [two]),
        (Filter(session="s"), [one]),
        (Filter(session="s", since=11.0), []),
    ]
    for seq, row in ((one, unit(1, 0)), (two, unit(0, 1))):
        put(db, seq, row)
    for only, seqs in wanted:
        assert find(db, "word", only) == seqs
        assert [near.seq for near in Vectors(db).nearest(SPACE, unit(1, 1), 10, only)] == seqs
        assert [near.seq for near in Vectors(db).rescore(SPACE, [1, 2, 3], unit(1, 1), only)] == seqs


# --- vectors ---------------------------------------------------------------------------------------------------------


def test_nearest_is_exact(db: Database) -> None:
    rows = np.random.default_rng(1).normal(size=(50, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for n, row in enumerate(rows):
        put(db, add(db, str(n), "t"), row)
    query = unit(*range(1, 17))
    near = Vectors(db).nearest(SPACE, query, 5)
    best = np.argsort(-(rows @ query))[:5]
    assert [one.seq - 1 for one in near] == best.tolist()
    assert [one.similarity for one in near] == pytest.approx((rows @ query)[best].tolist(), abs=1e-6)
    assert {one.seq for one in Vectors(db).nearest(SPACE, query, 50, after_number=48)} == {49, 50}
    assert Vectors(db).nearest(Space("other"), query, 5) == []
    assert Vectors(db).nearest(Space("e" * 64, "query"), query, 5) == []


def test_spans_without_vectors_are_the_queue(db: Database) -> None:
    vectors = Vectors(db)
    for id, this, if_ok in (("a", "one", ""), ("none", "", ""), ("b", "", "two")):
        add(db, id, this, if_ok)
    assert [one.seq for one in vectors.pending("e" * 64, 0, 10)] == [1, 3]
    put(db, 1, unit(1, 2))
    put(db, 1, unit(2, 1))
    assert vectors.count(SPACE) == 1
    assert [one.this + one.if_ok for one in vectors.pending("e" * 64, 0, 10)] == ["two"]
    assert [one.seq for one in vectors.pending("f" * 64, 0, 1)] == [1]
    assert vectors.pending("e" * 64, 3, 10) == []
    put(db, 99, unit(1, 2))
    assert vectors.count(SPACE) == 1, "a vector of nothing is not stored"


def test_a_text_is_embedded_once(db: Database) -> None:
    put(db, add(db, "a", "t"), unit(3, 4), "t")
    hash = hashlib.sha256(b"t").hexdigest()
    assert Vectors(db).cached("e" * 64, [hash, "0"])[hash].tolist() == unit(3, 4).tolist()
    assert Vectors(db).cached("f" * 64, [hash]) == {}


def test_an_index_that_holds_a_deleted_vector_is_void(db: Database) -> None:
    vectors = Vectors(db)
    for id in "abc":
        put(db, add(db, id, id), unit(1, 2))
    made = IndexFile("f", "0" * 64, 2, 2, 1.0)
    assert asyncio.run(vectors.set_index(SPACE, made))
    asyncio.run(forget(db, ["c"]))
    assert vectors.index(SPACE) == made, "c is not in it"
    asyncio.run(forget(db, ["a"]))
    assert vectors.index(SPACE) is None
    assert not asyncio.run(vectors.set_index(SPACE, made)), "built before a was deleted, told of after"
    assert vectors.index_files() == set()


# --- deleting --------------------------------------------------------------------------------------------------------

SECRET = "xyzzyplugh"


def bytes_of(db: Database, needle: bytes) -> int:
    return sum(path.read_bytes().count(needle) for path in db.path.parent.iterdir())


def fill_and_delete(db: Database) -> bytes:
    """Spans with a secret word among others, so many that pages are split; one has a vector. Deleted: its bytes."""
    chance = random.Random(1)
    row = unit(*np.random.default_rng(1000).normal(size=384))
    secret: list[str] = []
    for n in range(300):
        id, word = f"{chance.randrange(10**9)}", SECRET if n % 10 == 0 else "text"
        seq = add(db, id, f"my {word}{id} " * chance.randrange(1, 60), "fine", session=f"{word}{id}")
        if word == SECRET:
            secret.append(id)
        put(db, seq, row if n == 150 else unit(*np.random.default_rng(n).normal(size=384)))
    needle = row.tobytes()[:64]
    assert bytes_of(db, SECRET.encode()) and bytes_of(db, needle)
    assert find(db, f"{SECRET}{secret[0]}")
    assert asyncio.run(forget(db, [*secret, "nobody"])) == 30
    assert find(db, f"{SECRET}{secret[0]}") == []
    return needle


def test_deleting_leaves_no_byte(db: Database) -> None:
    needle = fill_and_delete(db)
    assert Vectors(db).count(SPACE) == 270
    assert bytes_of(db, SECRET.encode()) == bytes_of(db, needle) == 0
    db.close()
    assert bytes_of(db, SECRET.encode()) == bytes_of(db, needle) == 0


def test_deleting_loosely_is_noticed(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: nothing but SQLite's secure_delete."""
    monkeypatch.setattr(db_module, "_scrub", lambda _: None)
    needle = fill_and_delete(db)
    assert bytes_of(db, SECRET.encode()) + bytes_of(db, needle) > 0


def cut_log(connection: apsw.Connection) -> None:
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


@pytest.mark.parametrize("scrub", [db_module._scrub, cut_log])
def test_split_pages_keep_copies_until_the_file_is_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scrub: Any
) -> None:
    """Why cutting the log is not enough (docs/decisions/0023): the second is the control and leaves copies."""
    monkeypatch.setattr(db_module, "_scrub", scrub)
    left = 0
    for trial in range(5):
        chance = random.Random(trial)
        with Database(tmp_path / f"{trial}" / "a3x.db", RealDisk(), HandClock()) as db:
            secret = [chance.randrange(10**9) for _ in range(30)]
            others = [chance.randrange(10**9) for _ in range(270)]
            keys = chance.sample(secret + others, 300)
            rows = [(k, (f"{SECRET if k in secret else 'text'}{k} ") * chance.randrange(1, 60)) for k in keys]
            db.write(lambda c: c.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, x TEXT)")).result(10)
            db.write(lambda c: c.execute("CREATE INDEX t_x ON t (x)")).result(10)
            db.write(lambda c, rows=rows: c.executemany("INSERT INTO t VALUES (?, ?)", rows).fetchall()).result(10)
            gone = [(k,) for k in secret]
            db.write(lambda c, gone=gone: c.executemany("DELETE FROM t WHERE k = ?", gone).fetchall()).result(10)
            db.scrub().result(10)
            left += bytes_of(db, SECRET.encode())
    assert (left > 0) == (scrub is cut_log)


# --- everything together ---------------------------------------------------------------------------------------------


class Beside(RuleBasedStateMachine):
    """Any order of adding, embedding, deleting and reopening: words and vectors say what the rows say."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.rows: dict[str, str] = {}
        self.embedded: set[str] = set()
        self.seqs: dict[str, int] = {}
        self._open()

    def _open(self) -> None:
        self.db = Database(Path(self.folder.name) / "a3x.db", RealDisk(), HandClock())

    @rule(id=st.sampled_from("abcdef"), word=st.sampled_from(["red", "green", "blue"]))
    def add(self, id: str, word: str) -> None:
        self.seqs[id] = add(self.db, id, word)
        self.rows.setdefault(id, word)

    @rule(id=st.sampled_from("abcdef"))
    def embed(self, id: str) -> None:
        if id in self.rows:
            put(self.db, self.seqs[id], vector(self.rows[id]), self.rows[id])
            self.embedded.add(id)

    @rule(ids=st.lists(st.sampled_from("abcdef"), max_size=3))
    def delete(self, ids: list[str]) -> None:
        asyncio.run(forget(self.db, ids))
        for id in set(ids) & self.rows.keys():
            del self.rows[id]
            self.embedded.discard(id)

    @rule()
    def reopen(self) -> None:
        self.db.close()
        self._open()

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "db"):
            return
        for word in ("red", "green", "blue"):
            wanted = {self.seqs[id] for id, text in self.rows.items() if text == word}
            assert set(find(self.db, word)) == wanted
        near = Vectors(self.db).nearest(SPACE, vector("red"), 10)
        assert {one.seq for one in near} == {self.seqs[id] for id in self.embedded}
        assert [one.similarity > 0.99 for one in near] == sorted((one.similarity > 0.99 for one in near), reverse=True)
        pending = {one.seq for one in Vectors(self.db).pending("e" * 64, 0, 10)}
        assert pending == {self.seqs[id] for id in self.rows.keys() - self.embedded}
        assert self.db.write(words_are_whole).result(10)

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
            self.folder.cleanup()


def vector(word: str) -> np.ndarray:
    return {"red": unit(1, 0, 0.1), "green": unit(0, 1, 0.1), "blue": unit(0.5, 0.5, 1)}[word]


def words_are_whole(connection: apsw.Connection) -> bool:
    """FTS5's own comparison of its index with the rows; raises CorruptError."""
    connection.execute("INSERT INTO experience_text (experience_text, rank) VALUES ('integrity-check', 1)")
    return True


TestBeside = Beside.TestCase
TestBeside.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
