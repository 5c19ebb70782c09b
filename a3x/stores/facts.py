"""Facts that the user stated, with supersession. Knows no language: what a fact is about comes as a key.

The words and vectors that find a fact are those of the experience it was said in; deleting that deletes the fact.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from a3x.stores.db import Database

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


class Facts:
    """The fact table, for reading; rows are written with the experience or the correction they come from."""

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
