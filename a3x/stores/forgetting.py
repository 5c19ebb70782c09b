"""Forgetting, as far as the database goes: what would go, and one transaction in which it goes. Deletes no file.

What is forgotten taints: a record that comes from it, a record that it superseded, an adapter version that was trained
on such a record, and a version whose parent is tainted. The transaction lets the nearest clean ancestor serve (or the
base), puts tombstones on what is tainted, deletes the rows, opens the cycles that learn the rest again, and notes the
files that are still to be deleted.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import apsw

from a3x import ids
from a3x.errors import BadRequest, NotFound
from a3x.stores import active, cycles
from a3x.stores.active import Decision
from a3x.stores.adapters import Adapters
from a3x.stores.cycles import Cycle
from a3x.stores.db import Database
from a3x.stores.experiences import delete_rows
from a3x.types import Adapter, Clock, Mix

REASON = "what it was made of was forgotten"
TEXT_COLUMNS = "this, if_ok, if_not, session, messages, tools, context, metadata, extra"


@dataclass(frozen=True)
class Selection:
    """What to forget: all that is given must hold. ``since`` and ``until`` are epoch seconds, the second exclusive."""

    ids: tuple[str, ...] = ()
    query: str = ""
    session: str | None = None
    since: float | None = None
    until: float | None = None

    def require_some(self) -> None:
        """BadRequest if it would select everything there is."""
        if not self.ids and not self.query.strip() and (self.session, self.since, self.until) == (None, None, None):
            raise BadRequest("say what to forget: ids, a query, a session, or a time", param="ids")


@dataclass(frozen=True)
class Plan:
    """What a selection comes to. ``cycles`` are those whose run folders hold some of it."""

    experiences: tuple[str, ...]
    records: tuple[str, ...]
    adapters: tuple[Adapter, ...]
    cycles: tuple[Cycle, ...]

    def __bool__(self) -> bool:
        return bool(self.experiences or self.records)


@dataclass(frozen=True)
class Job:
    """What is left of a forgetting: run folders by cycle, remembered answers by the key of their mix."""

    id: str
    cycles: tuple[str, ...]
    mixes: tuple[str, ...]
    counts: Mapping[str, int]


class Forgetting:
    """Selects, plans and carries out, over the tables of every store."""

    def __init__(self, db: Database, adapters: Adapters, clock: Clock) -> None:
        self._db = db
        self._adapters = adapters
        self._clock = clock

    def plan(self, selection: Selection) -> Plan:
        """What would go. BadRequest for an empty selection, NotFound for an id that is none."""
        selection.require_some()
        return self._db.read(lambda connection: self._plan(connection, selection))

    def _plan(self, connection: apsw.Connection, selection: Selection) -> Plan:
        experiences = _experiences(connection, selection)
        records = _records(connection, selection, set(experiences))
        every = cycles.all_cycles(connection)
        learnt = {cycle.id: _learnt(cycle) for cycle in every}
        adapters = self._tainted(connection, records, learnt)
        themes = {theme for (theme,) in _records_of(connection, "theme", records)}
        changed = {adapter.theme for adapter in adapters}
        made = {cycle for cycle, _ in (self._origin(each) for each in adapters)}
        held = [
            cycle
            for cycle in every
            if learnt[cycle.id] & records
            or cycle.id in made
            or (cycle.theme in themes and "unlearned" not in cycle.facts)  # it may have died after writing its run
            or (cycle.theme in changed and not cycle.finished)  # it would be judged against what is taken down
        ]
        return Plan(tuple(experiences), tuple(sorted(records)), tuple(adapters), tuple(held) if records else ())

    def _tainted(self, connection: apsw.Connection, records: set[str], learnt: Mapping[str, set[str]]) -> list[Adapter]:
        noted = {name for (name,) in _records_of(connection, "learned_in", records)}
        tainted: dict[str, Adapter] = {}
        for adapter in self._adapters.list():  # a parent has a lower number than its children
            cycle, parent = self._origin(adapter)
            if learnt.get(cycle, set()) & records or adapter.name in noted or parent in tainted:
                tainted[adapter.name] = adapter
        return list(tainted.values())

    def _origin(self, adapter: Adapter) -> tuple[str, str]:
        """The cycle that made a version, and its parent; "" where there is none or the manifest is damaged."""
        try:
            manifest = self._adapters.manifest(adapter.theme, adapter.version)
        except NotFound:
            return "", ""
        return manifest.get("cycle") or "", manifest.get("parent") or ""

    async def carry_out(self, plan: Plan, base_sha256: str) -> Job:
        """One transaction: all of the plan or nothing. Conflict if what serves changed meanwhile.

        A cycle is opened for each theme that lost a version made for ``base_sha256`` and still has lessons.
        """
        now = self._clock.now()
        instead = await asyncio.to_thread(self._instead, plan)
        mixes = tuple(Mix(((adapter, 1.0),)).key for adapter in plan.adapters)
        counts = {"experiences": len(plan.experiences), "records": len(plan.records), "adapters": len(plan.adapters)}
        job = Job(ids.new_id("fgt", self._clock), tuple(cycle.id for cycle in plan.cycles), mixes, counts)

        def write(connection: apsw.Connection) -> None:
            self._take_down(connection, plan, instead, now)
            for cycle in plan.cycles:
                if cycle.id in _unfinished(connection):
                    cycles.end(connection, cycle.id, now, REASON)
            _delete(connection, plan)
            self._unlearn(connection, plan, instead)
            self._open(connection, plan, base_sha256, now)
            said = (json.dumps(job.cycles), json.dumps(job.mixes), json.dumps(dict(job.counts)))
            connection.execute("INSERT INTO forget_job VALUES (?, ?, NULL, ?, ?, ?)", (job.id, now, *said))

        await asyncio.wrap_future(self._db.write(write))
        return job

    def _instead(self, plan: Plan) -> dict[tuple[str, str], Adapter | None]:
        """By (base, theme), what may serve in place of a tainted version: the nearest clean ancestor or the base."""
        tainted = {(each.theme, each.version) for each in plan.adapters}
        keys = {(each.base_sha256, each.theme) for each in plan.adapters}
        return {
            (base, theme): self._adapters.sound_before(theme, base, [n for name, n in tainted if name == theme])
            for base, theme in keys
        }

    def _take_down(
        self,
        connection: apsw.Connection,
        plan: Plan,
        instead: Mapping[tuple[str, str], Adapter | None],
        now: float,
    ) -> None:
        decision = Decision(REASON, None, {"records": len(plan.records)})
        tainted = {(each.theme, each.version) for each in plan.adapters}
        for (base, theme), clean in instead.items():
            serving = active.current(connection, theme, base)
            if serving is not None and (theme, serving) in tainted:
                to = clean.version if clean else None
                active.roll_back(connection, theme, base, serving, to, decision, now)
        for theme, version in sorted(tainted):
            active.withdraw(connection, theme, version, decision, now)

    def _unlearn(
        self, connection: apsw.Connection, plan: Plan, instead: Mapping[tuple[str, str], Adapter | None]
    ) -> None:
        """What a tainted version had learnt and is kept is unlearned again, unless its successor has learnt it too."""
        gone = json.dumps([adapter.name for adapter in plan.adapters])
        sql = "UPDATE record SET learned_in = NULL WHERE learned_in IN (SELECT value FROM json_each(?)) RETURNING id"
        freed = {id for (id,) in connection.execute(sql, (gone,)).fetchall()}
        learnt = {cycle.id: _learnt(cycle) for cycle in cycles.all_cycles(connection)}
        for clean in filter(None, instead.values()):
            kept = learnt.get(self._origin(clean)[0], set()) & freed
            values = [(clean.name, id) for id in sorted(kept)]
            connection.executemany("UPDATE record SET learned_in = ? WHERE id = ?", values)

    def _open(self, connection: apsw.Connection, plan: Plan, base_sha256: str, now: float) -> None:
        waiting = "SELECT 1 FROM record WHERE theme = ? AND learned_in IS NULL AND superseded_by IS NULL LIMIT 1"
        for theme in sorted({each.theme for each in plan.adapters if each.base_sha256 == base_sha256}):
            if connection.execute(waiting, (theme,)).fetchall():
                reason = "a version was taken down because some of its lessons were forgotten"
                id = ids.new_id("cyc", self._clock)
                cycles.insert(connection, Cycle(id, theme, base_sha256, reason, "opened", now, now))

    def unfinished(self) -> list[Job]:
        """Jobs whose files may still be there, oldest first."""

        def read(connection: apsw.Connection) -> list[Job]:
            sql = 'SELECT id, cycles, mixes, counts FROM forget_job WHERE done IS NULL ORDER BY "when"'
            rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
            return [
                Job(id, tuple(json.loads(runs)), tuple(json.loads(mixes)), json.loads(counts))
                for id, runs, mixes, counts in rows
            ]

        return self._db.read(read)

    async def scrub(self) -> None:
        """See ``Database.scrub``."""
        await asyncio.wrap_future(self._db.scrub())

    async def finish(self, job: Job) -> None:
        """Note that every file of the job is gone and the database is written anew."""
        now, sql = self._clock.now(), "UPDATE forget_job SET done = ? WHERE id = ?"
        await asyncio.wrap_future(self._db.write(lambda connection: connection.execute(sql, (now, job.id)).fetchall()))


# --- selecting -------------------------------------------------------------------------------------------------------


def _experiences(connection: apsw.Connection, selection: Selection) -> list[str]:
    """Ids of the experiences that are meant, and of later turns of the same conversations that quote them."""
    wanted = {id for id in selection.ids if not id.startswith("rec_")}
    for id in wanted:
        if not connection.execute("SELECT 1 FROM experience WHERE id = ?", (id,)).fetchall():
            raise NotFound(f"there is no experience {id}", param="ids")
    if selection.ids and not wanted:
        return []
    limits = {"session = ?": selection.session, '"when" >= ?': selection.since, '"when" < ?': selection.until}
    held = {condition: value for condition, value in limits.items() if value is not None}
    where = f"WHERE {' AND '.join(held)}" if held else ""
    sql = f"SELECT id, {TEXT_COLUMNS} FROM experience {where} ORDER BY seq"
    said = _said(connection) if selection.query else {}
    found = [
        id
        for id, *texts in connection.execute(sql, tuple(held.values()))
        if (not wanted or id in wanted) and _mentions(selection.query, [*texts, *said.get(id, ())])
    ]
    found += _citing(connection, set(found))
    return [*found, *_quoting(connection, set(found))]


def _said(connection: apsw.Connection) -> dict[str, list[str]]:
    """Corrections by experience."""
    said: dict[str, list[str]] = {}
    for id, text in connection.execute("SELECT experience_id, correction FROM feedback WHERE correction IS NOT NULL"):
        said.setdefault(str(id), []).append(str(text))
    return said


def _mentions(query: str, texts: Iterable[Any]) -> bool:
    """Whether a text holds the query, as it is or as JSON spells it; case does not matter."""
    plain, spelled = query.casefold(), json.dumps(query, ensure_ascii=False)[1:-1].casefold()
    return not query or any(plain in text.casefold() or spelled in text.casefold() for text in texts)


def _citing(connection: apsw.Connection, found: set[str]) -> list[str]:
    """Experiences for whose answers a forgotten one was recalled: the answer may say what it said."""
    sql = (
        "SELECT experience.id, source.value ->> 'experience_id' FROM experience, "
        "json_each(experience.context, '$.sources') AS source ORDER BY experience.seq"
    )
    rows = connection.execute(sql).fetchall()
    return list(dict.fromkeys(str(id) for id, source in rows if source in found and id not in found))


def _quoting(connection: apsw.Connection, found: set[str]) -> Iterator[str]:
    """Experiences whose messages hold a forgotten question and its answer: what was said goes on into later turns."""
    pairs: set[tuple[str, str, str]] = set()
    for id, session, asked, answered, messages in connection.execute(
        "SELECT id, session, this, if_ok, messages FROM experience ORDER BY seq"
    ):
        if id in found:
            pairs.add((session, asked, answered))
        elif pairs and any((session, *pair) in pairs for pair in _turns(messages)):
            yield str(id)


def _turns(messages: Any) -> Iterator[tuple[str, str]]:
    """(user, assistant) pairs of a stored conversation."""
    texts = [(message.get("role"), message.get("content")) for message in json.loads(messages)]
    for (role, asked), (next_role, answered) in pairwise(texts):
        if (role, next_role) == ("user", "assistant"):
            yield asked, answered


def _records(connection: apsw.Connection, selection: Selection, experiences: set[str]) -> set[str]:
    """Records that come from the experiences, are named, or hold the query; and those they took the place of."""
    rows = connection.execute("SELECT id, messages, source_ids, superseded_by FROM record").fetchall()
    narrowed = (selection.session, selection.since, selection.until) != (None, None, None)
    only_text = bool(selection.query) and not selection.ids and not narrowed
    named = {id for id in selection.ids if id.startswith("rec_")}
    if unknown := named - {str(row[0]) for row in rows}:
        raise NotFound(f"there is no record {min(unknown)}", param="ids")
    found = named | {
        str(id)
        for id, messages, sources, _ in rows
        if experiences & set(json.loads(str(sources))) or (only_text and _mentions(selection.query, [messages]))
    }
    while more := {str(id) for id, _, _, successor in rows if successor in found} - found:
        found |= more
    return found


def _records_of(connection: apsw.Connection, column: str, records: set[str]) -> list[tuple[Any, ...]]:
    sql = f"SELECT DISTINCT {column} FROM record WHERE {column} IS NOT NULL AND id IN (SELECT value FROM json_each(?))"
    return connection.execute(sql, (json.dumps(sorted(records)),)).fetchall()


def _learnt(cycle: Cycle) -> set[str]:
    """The records a cycle trained on or asked."""
    return {*cycle.facts.get("unlearned", ()), *cycle.facts.get("learned", ())}


def _unfinished(connection: apsw.Connection) -> set[str]:
    return {cycle.id for cycle in cycles.all_cycles(connection) if not cycle.finished}


def _delete(connection: apsw.Connection, plan: Plan) -> None:
    """Every row of the plan, overwritten with zeros in the file."""
    connection.pragma("secure_delete", True)
    records = json.dumps(plan.records)
    among = "IN (SELECT value FROM json_each(?))"
    connection.execute(f"UPDATE record SET superseded_by = NULL WHERE id {among}", (records,))
    connection.execute(f"DELETE FROM record WHERE id {among}", (records,))
    delete_rows(connection, plan.experiences)
