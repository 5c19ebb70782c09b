"""Vectors beside the spans they are of, exact search over them (sqlite-vec), and what is known of the index files.

Spans without a vector are the queue of what is still to be embedded. Knows no embedder and no FAISS.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import apsw
import numpy as np
from numpy.typing import NDArray

from a3x.stores.db import Database, whole_number
from a3x.stores.filters import EVERYTHING, Filter

Part = Literal["query", "response", "combined"]
Floats = NDArray[np.float32]

PUT = """
INSERT INTO vector (seq, part, embedder_sha256, text_sha256, floats)
SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM experience WHERE seq = ?1) ON CONFLICT DO NOTHING
"""
PENDING = """
SELECT seq, this, if_ok FROM experience
WHERE seq > ? AND (this <> '' OR if_ok <> '') AND NOT EXISTS (
    SELECT 1 FROM vector
    WHERE vector.seq = experience.seq AND vector.part = 'combined' AND vector.embedder_sha256 = ?
) ORDER BY seq LIMIT ?
"""
UNPLACED = """
SELECT vector.seq, experience.id, vector.floats FROM vector JOIN experience ON experience.seq = vector.seq
LEFT JOIN priorities ON priorities.span_id = experience.id
WHERE vector.embedder_sha256 = ? AND vector.part = 'query' AND vector.seq > ? AND priorities.cluster IS NULL
ORDER BY vector.seq LIMIT ?
"""
NEAREST = """
SELECT vector.seq, vec_distance_cosine(vector.floats, ?) AS distance FROM vector{join}
WHERE vector.embedder_sha256 = ? AND vector.part = ? AND vector.number > ?{filters}
ORDER BY distance, vector.seq DESC LIMIT ?
"""
RESCORE = """
SELECT vector.seq, vector.floats FROM vector JOIN experience ON experience.seq = vector.seq
WHERE vector.number IN (SELECT value FROM json_each(?)) AND vector.embedder_sha256 = ? AND vector.part = ?{filters}
"""


@dataclass(frozen=True)
class Space:
    """Vectors that can be compared: made by one embedder of one part of the spans."""

    embedder_sha256: str
    part: Part = "combined"


@dataclass(frozen=True)
class NewVector:
    """A vector to store. ``floats`` float32[dimensions] of length 1."""

    seq: int
    part: Part
    text_sha256: str
    floats: Floats


@dataclass(frozen=True)
class Pending:
    """A span that has no vectors yet."""

    seq: int
    this: str
    if_ok: str


@dataclass(frozen=True)
class Unplaced:
    """A span whose question has a vector, float32[dimensions] of length 1, and no place on the map."""

    seq: int
    id: str
    floats: Floats


@dataclass(frozen=True)
class Near:
    """A span and its cosine similarity to what was asked, in [-1, 1]."""

    seq: int
    similarity: float


@dataclass(frozen=True)
class IndexFile:
    """A built index: file name inside ``index/``, its hash, how many vectors it holds and the last of their numbers."""

    file: str
    sha256: str
    vectors: int
    through: int
    built: float


class Vectors:
    """The vector and vector_index tables."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def pending(self, embedder_sha256: str, after_seq: int, limit: int) -> list[Pending]:
        """Spans beyond ``after_seq`` that this embedder has not seen, oldest first; those without any text are none."""
        values = (after_seq, embedder_sha256, limit)
        return self._db.read(lambda connection: [Pending(*row) for row in connection.execute(PENDING, values)])

    def cached(self, embedder_sha256: str, text_sha256s: Sequence[str]) -> dict[str, Floats]:
        """Vectors of texts that this embedder has seen before, by the text's hash."""
        sql = (
            "SELECT text_sha256, floats FROM vector "
            "WHERE embedder_sha256 = ? AND text_sha256 IN (SELECT value FROM json_each(?))"
        )
        values = (embedder_sha256, json.dumps(list(text_sha256s)))
        rows = self._db.read(lambda connection: connection.execute(sql, values).fetchall())
        return {str(hash): _floats(blob) for hash, blob in rows}

    def of_questions(self, ids: Sequence[str], embedder_sha256: str) -> dict[str, Floats]:
        """Vectors of the questions of these experiences that this embedder has seen, by id."""
        sql = (
            "SELECT experience.id, floats FROM vector JOIN experience ON experience.seq = vector.seq "
            "WHERE experience.id IN (SELECT value FROM json_each(?)) AND part = 'query' AND embedder_sha256 = ?"
        )
        values = (json.dumps(list(ids)), embedder_sha256)
        rows = self._db.read(lambda connection: connection.execute(sql, values).fetchall())
        return {str(id): _floats(blob) for id, blob in rows}

    def unplaced(self, embedder_sha256: str, after_seq: int, limit: int) -> list[Unplaced]:
        """Spans beyond ``after_seq`` that this embedder has seen and the map does not know, oldest first."""
        values = (embedder_sha256, after_seq, limit)
        return self._db.read(
            lambda connection: [
                Unplaced(int(str(seq)), str(id), _floats(blob))
                for seq, id, blob in connection.execute(UNPLACED, values)
            ]
        )

    async def put(self, embedder_sha256: str, vectors: Sequence[NewVector]) -> None:
        """Store vectors, durably; those of spans that are gone meanwhile, and those that are there, are passed over."""
        rows = [(new.seq, new.part, embedder_sha256, new.text_sha256, _blob(new.floats)) for new in vectors]
        await asyncio.wrap_future(self._db.write(lambda connection: connection.executemany(PUT, rows).fetchall()))

    def count(self, space: Space, after_number: int = 0) -> int:
        sql = "SELECT count(*) FROM vector WHERE embedder_sha256 = ? AND part = ? AND number > ?"
        values = (space.embedder_sha256, space.part, after_number)
        return self._db.read(lambda connection: whole_number(connection.execute(sql, values).fetchall()))

    def nearest(
        self, space: Space, query: Floats, limit: int, only: Filter = EVERYTHING, after_number: int = 0
    ) -> list[Near]:
        """The closest spans by looking at every vector beyond ``after_number``: exact, and linear in their count."""
        filters, values = only.where()
        join = " JOIN experience ON experience.seq = vector.seq" if filters else ""
        sql = NEAREST.format(join=join, filters=filters)
        bound = (_blob(query), space.embedder_sha256, space.part, after_number, *values, limit)

        def job(connection: apsw.Connection) -> list[Near]:
            _load_vec(connection)
            return [Near(int(str(seq)), 1.0 - float(str(far))) for seq, far in connection.execute(sql, bound)]

        return self._db.read(job)

    def rescore(self, space: Space, numbers: Sequence[int], query: Floats, only: Filter = EVERYTHING) -> list[Near]:
        """Exact similarities of the vectors with these numbers that are still there and match, best first."""
        filters, values = only.where()
        sql = RESCORE.format(filters=filters)
        bound = (json.dumps(list(numbers)), space.embedder_sha256, space.part, *values)
        rows = self._db.read(lambda connection: connection.execute(sql, bound).fetchall())
        found = [Near(int(str(seq)), float(_floats(blob) @ query)) for seq, blob in rows]
        return sorted(found, key=lambda near: (-near.similarity, -near.seq))

    # --- the index files ---------------------------------------------------------------------------------------------

    def index(self, space: Space) -> IndexFile | None:
        """The index that may be used; None if there is none, or if a vector in it was deleted since."""
        sql = "SELECT file, sha256, vectors, through, built FROM vector_index WHERE embedder_sha256 = ? AND part = ?"
        values = (space.embedder_sha256, space.part)
        rows = self._db.read(lambda connection: connection.execute(sql, values).fetchall())
        return _index_file(rows[0]) if rows else None

    async def set_index(self, space: Space, made: IndexFile) -> bool:
        """Use this file from now on; False, and it is not, if a vector that it holds was deleted while it was built."""

        def job(connection: apsw.Connection) -> bool:
            sql = "SELECT count(*) FROM vector WHERE embedder_sha256 = ? AND part = ? AND number <= ?"
            values = (space.embedder_sha256, space.part, made.through)
            if whole_number(connection.execute(sql, values).fetchall()) != made.vectors:
                return False
            row = (*values[:2], made.file, made.sha256, made.vectors, made.through, made.built)
            connection.execute("INSERT OR REPLACE INTO vector_index VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            return True

        return await asyncio.wrap_future(self._db.write(job))

    def index_files(self) -> set[str]:
        """Names of all files that may be used."""
        rows = self._db.read(lambda connection: connection.execute("SELECT file FROM vector_index").fetchall())
        return {str(name) for (name,) in rows}


def _load_vec(connection: apsw.Connection) -> None:
    """sqlite-vec's functions on this connection; some microseconds, and none of its tables are used."""
    import sqlite_vec

    connection.enable_load_extension(True)
    connection.load_extension(sqlite_vec.loadable_path())
    connection.enable_load_extension(False)


def _index_file(row: tuple[Any, ...]) -> IndexFile:
    return IndexFile(*row)


def _blob(floats: Floats) -> bytes:
    return np.ascontiguousarray(floats, "<f4").tobytes()


def _floats(blob: object) -> Floats:
    assert isinstance(blob, bytes)
    return np.frombuffer(blob, "<f4")
