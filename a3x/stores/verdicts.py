"""The gate's verdicts, as rows that are only ever added. Knows nothing of how they are reached."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import apsw

from a3x.errors import BadRequest, NotFound
from a3x.stores.db import Database, whole_number

SELECT = 'SELECT id, cycle, theme, decision, "when", body FROM verdict'


@dataclass(frozen=True)
class StoredVerdict:
    """One decision. ``when`` is epoch seconds; ``body`` is the gate's ``Verdict.to_json()``."""

    id: str
    cycle: str
    theme: str
    decision: Literal["promote", "reject"]
    when: float
    body: Mapping[str, Any]


class Verdicts:
    """The verdict table. Writes are acknowledged after they are durable."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, verdict: StoredVerdict, records: Iterable[str]) -> None:
        """Store a verdict, with the keyed hashes of the records it was tried on. The same id again changes nothing.

        Raises StorageFull with nothing stored, BadRequest for a verdict that cannot be stored.
        """
        row = (verdict.id, verdict.cycle, verdict.theme, verdict.decision, verdict.when, _to_json(verdict.body))
        hashes = sorted(set(records))

        def job(connection: apsw.Connection) -> None:
            stored = connection.execute(
                'INSERT INTO verdict (id, cycle, theme, decision, "when", body) VALUES (?, ?, ?, ?, ?, ?) '
                "ON CONFLICT (id) DO NOTHING RETURNING number",
                row,
            ).fetchall()
            if stored:
                number = whole_number(stored)
                pairs = [(record, number) for record in hashes]
                connection.executemany("INSERT INTO verdict_record (record, number) VALUES (?, ?)", pairs)

        try:
            await asyncio.wrap_future(self._db.write(job))
        except apsw.ConstraintError as error:
            raise BadRequest(f"verdict {verdict.id} cannot be stored: {error}") from error

    def get(self, id: str) -> StoredVerdict:
        """NotFound if there is no such verdict."""
        rows = self._db.read(lambda connection: connection.execute(f"{SELECT} WHERE id = ?", (id,)).fetchall())
        if not rows:
            raise NotFound(f"there is no verdict {id}", param="id")
        return _from_row(rows[0])

    def recent(self, limit: int = 50, theme: str | None = None, cycle: str | None = None) -> list[StoredVerdict]:
        """The latest ``limit`` verdicts that match, newest first."""
        wanted = {"theme = ?": theme, "cycle = ?": cycle}
        active = {condition: value for condition, value in wanted.items() if value is not None}
        where = f"WHERE {' AND '.join(active)}" if active else ""
        sql = f"{SELECT} {where} ORDER BY number DESC LIMIT ?"
        values = (*active.values(), max(limit, 0))
        return self._db.read(lambda connection: [_from_row(row) for row in connection.execute(sql, values)])

    def tries(self, theme: str, records: Iterable[str]) -> int:
        """How many verdicts of the theme any one of these records has been part of, at most: 0 if all are new.

        Each record counts by itself, so adding a fresh one to a set that failed buys no fresh alpha.
        """
        sql = (
            "SELECT coalesce(max(tried), 0) FROM (SELECT count(*) AS tried FROM verdict_record JOIN verdict "
            "USING (number) WHERE theme = ? AND record IN (SELECT value FROM json_each(?)) GROUP BY record)"
        )
        values = (theme, json.dumps(sorted(set(records))))
        return self._db.read(lambda connection: whole_number(connection.execute(sql, values).fetchall()))


def _to_json(body: Mapping[str, Any]) -> str:
    try:
        return json.dumps(body, allow_nan=False, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise BadRequest(f"a verdict's body must be JSON: {error}", param="body") from error


def _from_row(row: tuple[Any, ...]) -> StoredVerdict:
    *plain, body = row
    return StoredVerdict(*plain, body=json.loads(body))
