"""The ledger: an append-only, hash-chained table of what happened to adapter versions. Knows no file and no policy.

A row's hash covers its fields and the previous row's hash, so a changed, removed, inserted or moved row breaks the
chain; ``ledger_head`` says where the chain ends, so that a cut is seen too. This guards against accidents and careless
hands. Who may write the database and recomputes every hash up to the head is not stopped: keep the head elsewhere.
Rows hold ids, hashes, numbers and the daemon's own words, never a user's, so that forgetting never breaks the chain.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import apsw

from a3x.errors import BadRequest
from a3x.stores.db import Database
from a3x.types import Clock

Event = Literal["install", "promote", "reject", "rollback", "deactivate", "tombstone"]

COLUMNS = 'seq, "when", event, theme, version, sha256, base_sha256, cycle, reason, numbers, previous_hash, hash'


@dataclass(frozen=True)
class Entry:
    """What is to be written down. ``version`` and ``sha256`` None mean the base; ``reason`` holds no user text."""

    event: Event
    theme: str
    version: int | None
    sha256: str | None
    base_sha256: str
    reason: str
    cycle: str | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LedgerRow(Entry):
    """One row as it is stored. ``when`` is epoch seconds; the first row's ``previous_hash`` is empty."""

    seq: int = 0
    when: float = 0.0
    previous_hash: str = ""
    hash: str = ""


class Ledger:
    """The ledger of one database."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def append(self, entry: Entry) -> LedgerRow:
        """Write one row that goes with no other change (a rejection). BadRequest for numbers that are not JSON."""
        now = self._clock.now()
        return await asyncio.wrap_future(self._db.write(lambda connection: append(connection, entry, now)))

    def rows(self, theme: str | None = None) -> list[LedgerRow]:
        """Every row, or one theme's, oldest first."""
        where, values = ("WHERE theme = ?", (theme,)) if theme is not None else ("", ())
        return self._db.read(lambda connection: select(connection, where, values))

    def verify(self) -> list[str]:
        """Walk the whole chain; one line a problem, empty if it holds."""
        return self._db.read(problems)


# --- jobs on a connection, for transactions that change more than the ledger -----------------------------------------


def append(connection: apsw.Connection, entry: Entry, when: float) -> LedgerRow:
    """Add ``entry`` at the end, in the caller's transaction. BadRequest for numbers that are not JSON."""
    try:
        numbers = _canonical(dict(entry.numbers))
    except (TypeError, ValueError) as error:
        raise BadRequest(f"numbers cannot be stored as JSON: {error}", param="numbers") from error
    heads: list[tuple[Any, ...]] = connection.execute("SELECT seq, hash FROM ledger_head").fetchall()
    ((last_seq, last_hash),) = heads
    seq = last_seq + 1
    said = (entry.event, entry.theme, entry.version, entry.sha256, entry.base_sha256, entry.cycle, entry.reason)
    fields = (seq, float(when), *said, numbers, last_hash)
    digest = _digest(fields)
    connection.execute(f"INSERT INTO ledger ({COLUMNS}) VALUES ({', '.join('?' * 12)})", (*fields, digest))
    return LedgerRow(**vars(entry), seq=seq, when=when, previous_hash=last_hash, hash=digest)


def select(connection: apsw.Connection, where: str = "", values: tuple[Any, ...] = ()) -> list[LedgerRow]:
    """Rows that match, oldest first."""
    found = connection.execute(f"SELECT {COLUMNS} FROM ledger {where} ORDER BY seq", values)
    return [
        LedgerRow(event, theme, version, sha256, base, reason, cycle, json.loads(numbers), seq, when, previous, digest)
        for seq, when, event, theme, version, sha256, base, cycle, reason, numbers, previous, digest in found
    ]


def problems(connection: apsw.Connection) -> list[str]:
    """What is wrong with the chain: hashes recomputed from the stored fields, numbering, and the end."""
    found: list[str] = []
    seq, previous = 0, ""
    for row in connection.execute(f"SELECT {COLUMNS} FROM ledger ORDER BY seq"):
        if row[0] != seq + 1:
            found.append(f"ledger row {seq + 1} is missing")
        if row[10] != previous:
            found.append(f"ledger row {row[0]} does not follow the row before it")
        if row[11] != _digest(row[:11]):
            found.append(f"ledger row {row[0]} is not what was written")
        seq, previous = row[0], row[11]
    heads = connection.execute("SELECT seq, hash FROM ledger_head").fetchall()
    if heads != [(seq, previous)]:
        found.append(f"the ledger ends at row {seq}, which is not where it ended when it was last written")
    return found


def _digest(fields: tuple[Any, ...]) -> str:
    return hashlib.sha256(_canonical(fields).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
