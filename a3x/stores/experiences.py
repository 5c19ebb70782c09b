"""Experiences and the feedback on them, as rows. Knows nothing of how an experience is made or judged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from a3x.errors import BadRequest, NotFound
from a3x.stores import facts as fact_rows
from a3x.stores.db import Database, whole_number
from a3x.stores.facts import Fact, NewFact
from a3x.types import Experience, Feedback, Status

PLAIN = (
    *("id", "who", "did", "this", "when", "status", "if_ok", "if_not", "session", "parent", "theme", "lang", "origin"),
    *("made_by", "model_sha256", "schema", "exit_code", "stderr"),
)
"""Fields stored as they are; ``seq`` is SQLite's."""
LISTS = ("messages", "mix", "tools")
OBJECTS = ("uncertainty", "context", "metadata", "extra")

FIELDS = (*PLAIN, *LISTS, *OBJECTS)
COLUMNS = ", ".join(f'"{name}"' for name in FIELDS)
ROW = f"({','.join('?' * len(FIELDS))})"
INSERT = f"INSERT INTO experience ({COLUMNS}) VALUES {{rows}} ON CONFLICT (id) DO NOTHING RETURNING id, seq"
SELECT = f"SELECT seq, {COLUMNS} FROM experience"
GIVEN_IDS = "(SELECT value FROM json_each(?))"
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_EMPTY = {**dict.fromkeys(LISTS, "[]"), **dict.fromkeys(OBJECTS, "{}")}
PAGE = 500
"""Rows that a walk over everything holds at a time."""


@dataclass(frozen=True)
class Kept:
    """An experience with the feedback it got and the facts that the user stated in it, replaced ones too, oldest first."""

    span: Experience
    feedback: tuple[Feedback, ...] = ()
    facts: tuple[Fact, ...] = ()


class Experiences:
    """The experience table. Writes are acknowledged after they are durable; reads block, briefly."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, experience: Experience, facts: Sequence[NewFact] = ()) -> int:
        """Store and return the sequence number; an id that is already there keeps its first content and number.

        ``facts`` are what the user states in it, stored with it or not at all. Raises StorageFull with nothing stored,
        BadRequest for a value that cannot be stored.
        """
        row = to_row(experience)

        def job(connection: apsw.Connection) -> int:
            stored = insert_rows(connection, [row])
            if not stored:
                return seq_of(connection, experience.id)
            fact_rows.put(connection, stored[experience.id], facts, experience.when)
            return stored[experience.id]

        try:
            return await asyncio.wrap_future(self._db.write(job))
        except apsw.ConstraintError as error:
            raise BadRequest(f"experience {experience.id} cannot be stored: {error}") from error

    async def add_feedback(self, feedback: Feedback) -> None:
        """Append one word of the user on an experience. NotFound if there is no such experience."""

        _check_text("correction", feedback.correction)
        try:
            await asyncio.wrap_future(self._db.write(lambda connection: insert_feedback(connection, feedback)))
        except apsw.ConstraintError as error:
            raise BadRequest(f"feedback cannot be stored: {error}") from error

    def get(self, id: str) -> Experience:
        """NotFound if there is no such experience."""
        rows = self._db.read(lambda connection: connection.execute(f"{SELECT} WHERE id = ?", (id,)).fetchall())
        if not rows:
            raise NotFound(f"there is no experience {id}", param="experience_id")
        return _from_row(rows[0])

    def feedback(self, id: str) -> list[Feedback]:
        """What the user said of one experience, oldest first. NotFound if there is no such experience."""

        def job(connection: apsw.Connection) -> list[Feedback]:
            _require(connection, id)
            rows = connection.execute(
                'SELECT experience_id, rating, correction, "when" FROM feedback '
                "WHERE experience_id = ? ORDER BY number",
                (id,),
            )
            return [Feedback(*row) for row in rows]

        return self._db.read(job)

    def recent(
        self,
        limit: int = 50,
        before_seq: int | None = None,
        session: str | None = None,
        theme: str | None = None,
        status: Status | None = None,
    ) -> list[Experience]:
        """The latest ``limit`` experiences that match, newest first; ``before_seq`` continues an earlier page."""
        wanted = {"seq < ?": before_seq, "session = ?": session, "theme = ?": theme, "status = ?": status}
        active = {condition: value for condition, value in wanted.items() if value is not None}
        where = f"WHERE {' AND '.join(active)}" if active else ""
        sql = f"{SELECT} {where} ORDER BY seq DESC LIMIT ?"
        values = (*active.values(), max(limit, 0))
        return self._db.read(lambda connection: [_from_row(row) for row in connection.execute(sql, values)])

    def get_many(self, seqs: Sequence[int]) -> list[Experience]:
        """Those that are there, in the order asked for."""
        sql = f"{SELECT} WHERE seq IN {GIVEN_IDS}"
        rows = self._db.read(lambda connection: connection.execute(sql, (json.dumps(list(seqs)),)).fetchall())
        found = {row[0]: row for row in rows}
        return [_from_row(found[seq]) for seq in seqs if seq in found]

    def walk(self, after_seq: int = 0) -> Iterator[Kept]:
        """Everything in the order of commitment, a page in memory at a time."""
        while True:
            page = self._db.read(lambda connection, after=after_seq: _page(connection, after))
            yield from page
            if not page:
                return
            after_seq = page[-1].span.seq

    def count(self) -> int:
        return self._db.read(
            lambda connection: whole_number(connection.execute("SELECT count(*) FROM experience").fetchall())
        )


def _page(connection: apsw.Connection, after_seq: int) -> list[Kept]:
    rows: list[tuple[Any, ...]] = connection.execute(
        f"{SELECT} WHERE seq > ? ORDER BY seq LIMIT {PAGE}", (after_seq,)
    ).fetchall()
    words: dict[str, list[Feedback]] = {}
    given = connection.execute(
        'SELECT experience_id, rating, correction, "when" FROM feedback '
        f"WHERE experience_id IN {GIVEN_IDS} ORDER BY number",
        (json.dumps([row[1] for row in rows]),),
    )
    for word in given:
        words.setdefault(str(word[0]), []).append(Feedback(*word))
    stated: dict[str, list[Fact]] = {}
    for fact in fact_rows.of_experiences(connection, [row[0] for row in rows]):
        stated.setdefault(fact.experience_id, []).append(fact)
    return [Kept(_from_row(row), tuple(words.get(row[1], ())), tuple(stated.get(row[1], ()))) for row in rows]


def insert_rows(connection: apsw.Connection, rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
    """Store rows of ``to_row`` in the caller's transaction; of those that were not there, the numbers by id.

    All in one statement: the word index takes them in at once, which is half the work, and threads that run Python do
    not wait for it. SQLite takes 32 766 values, some 1 300 rows.
    """
    if not rows:
        return {}
    sql = INSERT.format(rows=",".join([ROW] * len(rows)))
    values = [value for row in rows for value in row]
    return {str(id): int(str(seq)) for id, seq in connection.execute(sql, values)}


def seq_of(connection: apsw.Connection, id: str) -> int:
    """The sequence number of an experience that is there."""
    return whole_number(connection.execute("SELECT seq FROM experience WHERE id = ?", (id,)).fetchall())


def of_row(connection: apsw.Connection, id: str) -> tuple[Any, ...]:
    """A stored experience as ``to_row`` gives it. NotFound."""
    rows = connection.execute(f"SELECT {COLUMNS} FROM experience WHERE id = ?", (id,)).fetchall()
    if not rows:
        raise NotFound(f"there is no experience {id}", param="experience_id")
    return rows[0]


def delete_rows(connection: apsw.Connection, ids: Sequence[str]) -> int:
    """Remove experiences with their feedback in the caller's transaction; how many. Words and vectors follow their rows."""
    wanted = json.dumps(list(ids))
    connection.execute(f"DELETE FROM feedback WHERE experience_id IN {GIVEN_IDS}", (wanted,))
    connection.execute(f"DELETE FROM experience WHERE id IN {GIVEN_IDS}", (wanted,))
    return connection.changes()


def insert_feedback(connection: apsw.Connection, feedback: Feedback) -> None:
    """Append the feedback in the caller's transaction. NotFound if there is no such experience."""
    _require(connection, feedback.experience_id)
    connection.execute(
        'INSERT INTO feedback (experience_id, rating, correction, "when") VALUES (?, ?, ?, ?)',
        (feedback.experience_id, feedback.rating, feedback.correction, feedback.when),
    )


def _require(connection: apsw.Connection, id: str) -> None:
    if not connection.execute("SELECT 1 FROM experience WHERE id = ?", (id,)).fetchall():
        raise NotFound(f"there is no experience {id}", param="experience_id")


def to_row(experience: Experience) -> tuple[Any, ...]:
    """Its values in the order of ``FIELDS``. BadRequest for what cannot be stored."""
    plain = [getattr(experience, name) for name in PLAIN]
    for name, value in zip(PLAIN, plain, strict=True):
        _check_text(name, value)
    return (*plain, *(_to_json(name, getattr(experience, name)) for name in (*LISTS, *OBJECTS)))


def _from_row(row: tuple[Any, ...]) -> Experience:
    values: Mapping[str, Any] = dict(zip(FIELDS, row[1:], strict=True))
    lists = {name: tuple(json.loads(values[name])) for name in LISTS}
    objects = {name: json.loads(values[name]) for name in OBJECTS}
    return Experience(seq=row[0], **{name: values[name] for name in PLAIN}, **lists, **objects)


def _to_json(name: str, value: object) -> str:
    """JSON text of one field. BadRequest for what JSON or UTF-8 has no way to say (NaN, lone surrogates, objects)."""
    if not value:
        return _EMPTY[name]
    try:
        text = _JSON.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRequest(f"{name} cannot be stored as JSON: {error}", param=name) from error
    _check_text(name, text)
    return text


def _check_text(name: str, value: object) -> None:
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise BadRequest(f"{name} is not valid Unicode text: {error.reason}", param=name) from error
