"""Facts that the user stated, with supersession. Knows no language: what a fact is about comes as a key.

The words and vectors that find a fact are those of the experience it was said in; deleting that deletes the fact.
"""

from __future__ import annotations

import asyncio
import heapq
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from a3x.stores.db import Database, whole_number

FIELDS = (
    "fact.number, experience.id, fact.seq, fact.text, fact.about, fact.value, fact.created, fact.superseded_by, "
    "experience.session"
)
SELECT = f"SELECT {FIELDS} FROM fact JOIN experience ON experience.seq = fact.seq"
LIVE = "fact.superseded_by IS NULL"
INSERT = """
INSERT INTO fact (seq, text, about, about_key, value, created, record_id) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number
"""
SUPERSEDE = """
UPDATE fact SET superseded_by = ?1 WHERE about_key = ?2 AND about_key <> '' AND number < ?1 AND superseded_by IS NULL
"""
FITS = """
SELECT EXISTS (SELECT 1 FROM experience WHERE seq = ?1) AND (?2 IS NULL OR EXISTS (SELECT 1 FROM record WHERE id = ?2))
AND NOT EXISTS (SELECT 1 FROM fact WHERE seq = ?1 AND text = ?3 AND created = ?4)
"""


@dataclass(frozen=True)
class NewFact:
    """A statement to be stored; equal ``about_key`` means about the same thing, "" about nothing comparable."""

    text: str
    about: str
    about_key: str
    value: str


@dataclass(frozen=True)
class Fact:
    """One statement and the experience it was said in; ``superseded_by`` is the number of the one that replaced it."""

    number: int
    experience_id: str
    seq: int
    text: str
    about: str
    value: str
    created: float
    superseded_by: int | None
    session: str


@dataclass(frozen=True)
class PastFact:
    """A statement to be stored among others that may be later: ``created`` says where it belongs."""

    seq: int
    new: NewFact
    created: float
    record_id: str | None = None


@dataclass(frozen=True)
class Backlog:
    """Experiences from before there were facts, up to ``until``: those after ``through`` are still to be read.

    ``latest`` is the latest time of those that were read and had been recorded here.
    """

    until: int
    through: int
    latest: float


class Facts:
    """The fact table. New rows are written with the experience or the correction they come from, past ones here."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def any(self) -> bool:
        """Whether there is a fact that may be recalled."""
        sql = f"SELECT 1 FROM fact WHERE {LIVE} LIMIT 1"
        return bool(self._db.read(lambda connection: connection.execute(sql).fetchall()))

    def said_in(self, seqs: Sequence[int]) -> list[Fact]:
        """Those of these experiences that nothing replaced."""
        return self._select(f"WHERE {LIVE} AND fact.seq IN (SELECT value FROM json_each(?))", (json.dumps(list(seqs)),))

    def recent(self, limit: int = 50, before: int | None = None, replaced: bool = False) -> list[Fact]:
        """The newest, newest first; ``before`` continues an earlier page, ``replaced`` shows history too."""
        conditions = "" if replaced else f" AND {LIVE}"
        last = 2**62 if before is None else before
        return self._select(f"WHERE fact.number < ?{conditions} ORDER BY fact.number DESC LIMIT ?", (last, limit))

    def backlog(self) -> Backlog | None:
        """What is left to be read; None when all was."""
        sql = "SELECT until, through, latest FROM fact_backlog"
        rows: list[tuple[Any, ...]] = self._db.read(lambda connection: connection.execute(sql).fetchall())
        return Backlog(*rows[0]) if rows else None

    async def put_backlog(self, past: Sequence[PastFact], read: Backlog) -> int:
        """Store what was found and how far was read, both or neither; how many facts were new. StorageFull.

        An experience that gave facts when it was recorded, or when it was corrected, gives no more of that kind.
        """

        def job(connection: apsw.Connection) -> int:
            stored = put_past(connection, [one for one in past if not _gave(connection, one)])
            sql = "UPDATE fact_backlog SET through = ?, latest = ? WHERE until = ?"
            connection.execute(sql, (read.through, read.latest, read.until))
            connection.execute("DELETE FROM fact_backlog WHERE through >= until")
            return stored

        return await asyncio.wrap_future(self._db.write(job))

    def _select(self, rest: str, values: tuple[Any, ...]) -> list[Fact]:
        def job(connection: apsw.Connection) -> list[Fact]:
            rows: list[tuple[Any, ...]] = connection.execute(f"{SELECT} {rest}", values).fetchall()
            return [Fact(*row) for row in rows]

        return self._db.read(job)


def put(
    connection: apsw.Connection, seq: int, facts: Sequence[NewFact], created: float, record_id: str | None = None
) -> None:
    """Store what was stated in one experience, in the caller's transaction; each replaces what was said of the same."""
    for new in facts:
        row = (seq, new.text, new.about, new.about_key, new.value, created, record_id)
        number = connection.execute(INSERT, row).fetchall()[0][0]
        connection.execute(SUPERSEDE, (number, new.about_key))


def put_past(connection: apsw.Connection, past: Sequence[PastFact]) -> int:
    """Store statements where they belong in time, in the caller's transaction; how many were not there and fit.

    Those of experiences or lessons that are gone are passed over. What was stated after the first of them is numbered
    anew, so that numbers go on saying what is later and each statement still replaces the one before it.
    """
    fitting = [one for one in dict.fromkeys(past) if _fits(connection, one)]
    if not fitting:
        return 0
    fitting.sort(key=lambda one: one.created)
    later = _take_out(connection, fitting[0].created)
    for one in heapq.merge(later, fitting, key=lambda one: one.created):
        put(connection, one.seq, [one.new], one.created, one.record_id)
    return len(fitting)


def of_experiences(connection: apsw.Connection, seqs: Sequence[int]) -> list[Fact]:
    """All that was stated in these experiences, replaced or not, oldest first."""
    sql = f"{SELECT} WHERE fact.seq IN (SELECT value FROM json_each(?)) ORDER BY fact.number"
    rows: list[tuple[Any, ...]] = connection.execute(sql, (json.dumps(list(seqs)),)).fetchall()
    return [Fact(*row) for row in rows]


def _fits(connection: apsw.Connection, one: PastFact) -> bool:
    values = (one.seq, one.record_id, one.new.text, one.created)
    return bool(whole_number(connection.execute(FITS, values).fetchall()))


def _gave(connection: apsw.Connection, one: PastFact) -> bool:
    sql = "SELECT EXISTS (SELECT 1 FROM fact WHERE seq = ? AND (record_id IS NULL) = ?)"
    return bool(whole_number(connection.execute(sql, (one.seq, one.record_id is None)).fetchall()))


def _take_out(connection: apsw.Connection, created: float) -> list[PastFact]:
    """The first statement made after this time and all that were stored after it, in order; they are no longer there."""
    first = "SELECT number FROM fact WHERE created > ? ORDER BY number LIMIT 1"
    found = connection.execute(first, (created,)).fetchall()
    if not found:
        return []
    columns = "seq, text, about, about_key, value, created, record_id"
    rows: list[tuple[Any, ...]] = connection.execute(
        f"SELECT {columns} FROM fact WHERE number >= ? ORDER BY number", found[0]
    ).fetchall()
    connection.execute("UPDATE fact SET superseded_by = NULL WHERE superseded_by >= ?", found[0])
    connection.execute("DELETE FROM fact WHERE number >= ?", found[0])
    return [PastFact(seq, NewFact(*said), created, record) for seq, *said, created, record in rows]
