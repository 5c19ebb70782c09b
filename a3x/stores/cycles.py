"""Learning cycles as a durable state machine. Knows which step may follow which, not what a step does.

opened → curated → trained → converted → judged → promoted | rejected, and failed from any state but the last three.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import apsw

from a3x import ids
from a3x.errors import BadRequest, Conflict, NotFound
from a3x.stores.db import Database
from a3x.types import THEMES, Clock

State = Literal["opened", "curated", "trained", "converted", "judged", "promoted", "rejected", "failed"]

NEXT: Mapping[str, tuple[State, ...]] = {
    "opened": ("curated", "failed"),
    "curated": ("trained", "failed"),
    "trained": ("converted", "failed"),
    "converted": ("judged", "failed"),
    "judged": ("promoted", "rejected", "failed"),
    "promoted": (),
    "rejected": (),
    "failed": (),
}
UNFINISHED = tuple(state for state, following in NEXT.items() if following)
COLUMNS = ("id", "theme", "base_sha256", "reason", "state", "opened", "changed", "facts")
SELECT = f"SELECT {', '.join(COLUMNS)} FROM cycle"


@dataclass(frozen=True)
class Cycle:
    """One pass from a trigger to a verdict. Times are epoch seconds; ``reason`` is why it was opened.

    ``facts`` is what its steps found out so far: paths, hashes, ids, numbers; of the same name, the latest.
    """

    id: str
    theme: str
    base_sha256: str
    reason: str
    state: State
    opened: float
    changed: float
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        return not NEXT[self.state]


@dataclass(frozen=True)
class Step:
    """One change of state, with its reason and what was found out in it."""

    from_state: State
    to_state: State
    when: float
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Cycles:
    """The cycle table. A theme has one unfinished cycle at most."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def open(self, theme: str, base_sha256: str, reason: str) -> Cycle:
        """BadRequest for an unknown theme, Conflict naming the theme's unfinished cycle."""
        if theme not in THEMES:
            raise BadRequest(f"there is no theme {theme!r}; themes are {', '.join(THEMES)}", param="theme")
        now = self._clock.now()
        cycle = Cycle(ids.new_id("cyc", self._clock), theme, base_sha256, reason, "opened", now, now)

        await asyncio.wrap_future(self._db.write(lambda connection: insert(connection, cycle)))
        return cycle

    async def advance(
        self, id: str, from_state: State, to_state: State, facts: Mapping[str, Any] | None = None, reason: str = ""
    ) -> Cycle:
        """Take the cycle from one state to the next, if it is still in the first.

        Raises NotFound, Conflict if it is in another state or the step is not one a cycle takes, BadRequest for facts
        that are not JSON.
        """
        now = self._clock.now()
        return await asyncio.wrap_future(
            self._db.write(lambda connection: advance(connection, id, from_state, to_state, now, facts or {}, reason))
        )

    async def fail(self, id: str, reason: str, facts: Mapping[str, Any] | None = None) -> Cycle:
        """End an unfinished cycle, whatever its state. NotFound; Conflict if it is finished."""
        stored, now = _to_json(facts or {}), self._clock.now()

        return await asyncio.wrap_future(self._db.write(lambda connection: end(connection, id, now, reason, stored)))

    def get(self, id: str) -> Cycle:
        """NotFound if there is no such cycle."""
        return self._db.read(lambda connection: _get(connection, id))

    def steps(self, id: str) -> list[Step]:
        """What the cycle went through, oldest first. NotFound if there is no such cycle."""

        def job(connection: apsw.Connection) -> list[Step]:
            _get(connection, id)
            sql = (
                'SELECT from_state, to_state, "when", reason, facts FROM cycle_step WHERE cycle_id = ? ORDER BY number'
            )
            rows: list[tuple[Any, ...]] = connection.execute(sql, (id,)).fetchall()
            return [Step(a, b, when, reason, json.loads(facts)) for a, b, when, reason, facts in rows]

        return self._db.read(job)

    def unfinished(self) -> list[Cycle]:
        """What a restart has to resume or fail, oldest first."""
        return self._db.read(lambda connection: _select(connection, f"WHERE {_is_unfinished()} ORDER BY seq"))

    def recent(self, limit: int = 50, theme: str | None = None) -> list[Cycle]:
        """The latest cycles, or one theme's, newest first."""
        where, values = ("WHERE theme = ? ", (theme,)) if theme is not None else ("", ())
        order = f"{where}ORDER BY seq DESC LIMIT ?"
        return self._db.read(lambda connection: _select(connection, order, (*values, max(limit, 0))))


def insert(connection: apsw.Connection, cycle: Cycle) -> None:
    """See ``Cycles.open``; in the caller's transaction."""
    going = _select(connection, f"WHERE theme = ? AND {_is_unfinished()}", (cycle.theme,))
    if going:
        raise Conflict(f"cycle {going[0].id} of {cycle.theme} is not finished: it is {going[0].state}")
    connection.execute(
        "INSERT INTO cycle (id, theme, base_sha256, reason, state, opened, changed, facts) "
        "VALUES (?, ?, ?, ?, 'opened', ?, ?, '{}')",
        (cycle.id, cycle.theme, cycle.base_sha256, cycle.reason, cycle.opened, cycle.changed),
    )


def end(connection: apsw.Connection, id: str, now: float, reason: str, facts: str = "{}") -> Cycle:
    """See ``Cycles.fail``; in the caller's transaction, with ``facts`` as JSON."""
    cycle = _get(connection, id)
    if cycle.finished:
        raise Conflict(f"cycle {id} is finished: it was {cycle.state}")
    _move(connection, cycle, "failed", now, reason, facts)
    return _get(connection, id)


def all_cycles(connection: apsw.Connection) -> list[Cycle]:
    """Every cycle there was, oldest first."""
    return _select(connection, "ORDER BY seq")


def advance(
    connection: apsw.Connection,
    id: str,
    from_state: State,
    to_state: State,
    now: float,
    facts: Mapping[str, Any],
    reason: str,
) -> Cycle:
    """See ``Cycles.advance``; in the caller's transaction."""
    if to_state not in NEXT.get(from_state, ()):
        raise Conflict(f"no cycle goes from {from_state} to {to_state}")
    cycle = _get(connection, id)
    if cycle.state != from_state:
        raise Conflict(f"cycle {id} is {cycle.state}, not {from_state}")
    _move(connection, cycle, to_state, now, reason, _to_json(facts))
    return _get(connection, id)


def _move(connection: apsw.Connection, cycle: Cycle, to: State, now: float, reason: str, facts: str) -> None:
    merged = _to_json({**cycle.facts, **json.loads(facts)})
    connection.execute("UPDATE cycle SET state = ?, changed = ?, facts = ? WHERE id = ?", (to, now, merged, cycle.id))
    connection.execute(
        'INSERT INTO cycle_step (cycle_id, from_state, to_state, "when", reason, facts) VALUES (?, ?, ?, ?, ?, ?)',
        (cycle.id, cycle.state, to, now, reason, facts),
    )


def _get(connection: apsw.Connection, id: str) -> Cycle:
    found = _select(connection, "WHERE id = ?", (id,))
    if not found:
        raise NotFound(f"there is no cycle {id}", param="id")
    return found[0]


def _select(connection: apsw.Connection, rest: str, values: tuple[Any, ...] = ()) -> list[Cycle]:
    rows: list[tuple[Any, ...]] = connection.execute(f"{SELECT} {rest}", values).fetchall()
    return [Cycle(**{**dict(zip(COLUMNS, row, strict=True)), "facts": json.loads(row[-1])}) for row in rows]


def _is_unfinished() -> str:
    """SQL; spelled like the index so that SQLite may use it."""
    return "state NOT IN ('promoted', 'rejected', 'failed')"


def _to_json(facts: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(facts), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise BadRequest(f"facts cannot be stored as JSON: {error}", param="facts") from error
