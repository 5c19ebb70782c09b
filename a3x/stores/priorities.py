"""What each experience can teach, how far its answer is to be trusted, and the calibrations behind that, as rows.

One row an experience, written whole; all of it is derived and can be computed anew. Knows no formula.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import apsw

from a3x.errors import NotFound
from a3x.stores.db import Database, whole_number

Label = Literal["reliable", "hesitant", "erroneous"]
Basis = Literal["known", "calibrated", "uncalibrated"]


@dataclass(frozen=True)
class Priority:
    """What is derived of one experience. ``outcome``: whether its answer is known to be right, None if nobody knows.

    ``components``: term → {value, weight, why}. ``cluster`` is None until it is embedded; ``evicted`` is when it left the
    window of its theme, None while it is in it.
    """

    span_id: str
    seq: int
    theme: str
    priority: float
    components: Mapping[str, Mapping[str, Any]]
    label: Label
    basis: Basis
    p_right: float
    doubt: float
    outcome: bool | None = None
    corrected: bool = False
    reaction: str = ""
    similarity: float = 0.0
    cluster: int | None = None
    part: int = 0
    distance: float = 0.0
    evicted: float | None = None
    computed: float = 0.0


@dataclass(frozen=True)
class Bin:
    """One row of a reliability table: answers whose probability lay in [low, high), and the share that was right."""

    low: float
    high: float
    n: int
    mean_p: float
    share_right: float


@dataclass(frozen=True)
class Calibration:
    """P(right) = 1 / (1 + exp(a·doubt + b)), fitted on ``n`` known outcomes, measured on answers it was not fitted on."""

    when: float
    n: int
    right: int
    a: float
    b: float
    ece: float
    brier: float
    brier_base: float
    """Of always saying the share that is right."""
    bins: tuple[Bin, ...] = field(default=())


@dataclass(frozen=True)
class Candidate:
    """Of an experience in a window what decides whether it stays. ``seq`` orders them by age; ``cluster`` is None where nothing
    was embedded. The components are left out: those of a full window are 7 MB of Python."""

    id: str
    seq: int
    priority: float
    cluster: int | None = None
    corrected: bool = False


FIELDS = tuple(one.name for one in fields(Priority))
SELECT = f"SELECT {', '.join(FIELDS)} FROM priorities"
WINDOW = (
    "SELECT span_id, seq, priority, cluster, corrected FROM priorities WHERE theme = ? AND evicted IS NULL ORDER BY seq"
)
INSERT = f"INSERT OR REPLACE INTO priorities ({', '.join(FIELDS)}) VALUES ({', '.join('?' * len(FIELDS))})"


class Priorities:
    """The tables ``priorities`` and ``calibration``. Writes are acknowledged after they are durable; reads block, briefly."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, rows: Sequence[Priority], also: Callable[[apsw.Connection], None] | None = None) -> None:
        """Write rows, and what else belongs to the same transaction before them. Experiences gone meanwhile are left out."""

        def job(connection: apsw.Connection) -> None:
            if also is not None:
                also(connection)
            for row in rows:
                if connection.execute("SELECT 1 FROM experience WHERE id = ?", (row.span_id,)).fetchall():
                    connection.execute(INSERT, _to_row(row))

        await asyncio.wrap_future(self._db.write(job))

    async def evict(self, ids: Sequence[str], when: float) -> None:
        """Take experiences out of their windows."""

        def job(connection: apsw.Connection) -> None:
            for id in ids:
                connection.execute("UPDATE priorities SET evicted = ? WHERE span_id = ?", (when, id))

        await asyncio.wrap_future(self._db.write(job))

    async def add_calibration(self, calibration: Calibration) -> None:
        body = json.dumps(asdict(calibration))
        sql = 'INSERT INTO calibration ("when", n, body) VALUES (?, ?, ?)'
        values = (calibration.when, calibration.n, body)
        await asyncio.wrap_future(self._db.write(lambda connection: connection.execute(sql, values).fetchall()))

    def calibration(self) -> Calibration | None:
        """The latest; None if there never was one."""
        sql = "SELECT body FROM calibration ORDER BY number DESC LIMIT 1"
        rows = self._db.read(lambda connection: connection.execute(sql).fetchall())
        if not rows:
            return None
        body = json.loads(str(rows[0][0]))
        return Calibration(**{**body, "bins": tuple(Bin(**one) for one in body["bins"])})

    def get(self, span_id: str) -> Priority:
        """NotFound if there is none (yet)."""
        found = self.find(span_id)
        if found is None:
            raise NotFound(f"there is no priority of {span_id} yet", param="id")
        return found

    def find(self, span_id: str) -> Priority | None:
        found = self._select("WHERE span_id = ?", (span_id,))
        return found[0] if found else None

    def top(self, limit: int, theme: str | None = None) -> list[Priority]:
        """The highest in the windows, best first; of equals the newest."""
        rest = "WHERE evicted IS NULL AND (?1 IS NULL OR theme = ?1) ORDER BY priority DESC, seq DESC LIMIT ?2"
        return self._select(rest, (theme, limit))

    def window(self, theme: str) -> list[Candidate]:
        """Everything in a theme's window, oldest first."""

        def job(connection: apsw.Connection) -> list[Candidate]:
            rows: list[tuple[Any, ...]] = connection.execute(WINDOW, (theme,)).fetchall()
            return [Candidate(id, seq, worth, cluster, bool(corrected)) for id, seq, worth, cluster, corrected in rows]

        return self._db.read(job)

    def window_size(self, theme: str) -> int:
        sql = "SELECT count(*) FROM priorities WHERE theme = ? AND evicted IS NULL"
        return self._db.read(lambda connection: whole_number(connection.execute(sql, (theme,)).fetchall()))

    def in_windows(self, after_seq: int, limit: int) -> list[Priority]:
        """What is in any window after a sequence number, oldest first, for a pass over all."""
        return self._select("WHERE seq > ? AND evicted IS NULL ORDER BY seq LIMIT ?", (after_seq, limit))

    def missing(self, limit: int) -> list[str]:
        """Ids of experiences without a row, oldest first."""
        sql = (
            "SELECT id FROM experience WHERE NOT EXISTS "
            "(SELECT 1 FROM priorities WHERE span_id = experience.id) ORDER BY seq LIMIT ?"
        )
        return self._db.read(lambda connection: [str(row[0]) for row in connection.execute(sql, (limit,))])

    def outcomes(self) -> list[tuple[float, bool]]:
        """(doubt, right) of every answer whose outcome is known, in the order of the experiences."""
        sql = "SELECT doubt, outcome FROM priorities WHERE outcome IS NOT NULL ORDER BY seq"
        rows: list[tuple[Any, ...]] = self._db.read(lambda connection: connection.execute(sql).fetchall())
        return [(doubt, bool(outcome)) for doubt, outcome in rows]

    def outcome_count(self) -> int:
        sql = "SELECT count(*) FROM priorities WHERE outcome IS NOT NULL"
        return self._db.read(lambda connection: whole_number(connection.execute(sql).fetchall()))

    def _select(self, rest: str, values: tuple[Any, ...]) -> list[Priority]:
        return self._db.read(
            lambda connection: [_from_row(row) for row in connection.execute(f"{SELECT} {rest}", values)]
        )


def _to_row(row: Priority) -> tuple[Any, ...]:
    values = {name: getattr(row, name) for name in FIELDS}
    values["components"] = json.dumps(row.components, ensure_ascii=False, separators=(",", ":"))
    values["outcome"] = None if row.outcome is None else int(row.outcome)
    values["corrected"] = int(row.corrected)
    return tuple(values.values())


def _from_row(row: tuple[Any, ...]) -> Priority:
    values: dict[str, Any] = dict(zip(FIELDS, row, strict=True))
    values["components"] = json.loads(values["components"])
    values["outcome"] = None if values["outcome"] is None else bool(values["outcome"])
    values["corrected"] = bool(values["corrected"])
    return Priority(**values)
