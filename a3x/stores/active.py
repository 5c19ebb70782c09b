"""Which version of a theme serves on which base: jobs that change it and the ledger in one transaction. Knows no file.

What served before is not stored twice: it is read off the ledger. A promotion goes on top of the versions to go back
to, a rollback takes down what is above its target, a deactivation takes down all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import apsw

from a3x.errors import Conflict, UnknownModel
from a3x.stores import ledger
from a3x.stores.ledger import Entry


@dataclass(frozen=True)
class Decision:
    """Why a theme changes: the daemon's own words, the cycle it belongs to, and the numbers behind it."""

    reason: str
    cycle: str | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)


def current(connection: apsw.Connection, theme: str, base_sha256: str) -> int | None:
    """The version that serves, None for the base."""
    sql = "SELECT version FROM adapter_active WHERE theme = ? AND base_sha256 = ?"
    rows: list[tuple[Any, ...]] = connection.execute(sql, (theme, base_sha256)).fetchall()
    return int(rows[0][0]) if rows else None


def earlier(connection: apsw.Connection, theme: str, base_sha256: str) -> list[int]:
    """The versions a rollback may go to, nearest first: what served before, less what was withdrawn since."""
    stack = _replay(connection).get((base_sha256, theme), [])
    withdrawn = tombstoned(connection, theme)
    return [version for version in reversed(stack[:-1]) if version not in withdrawn and version != stack[-1]]


def tombstoned(connection: apsw.Connection, theme: str) -> set[int]:
    rows = connection.execute("SELECT version FROM adapter_tombstone WHERE theme = ?", (theme,))
    return {version for (version,) in rows if isinstance(version, int)}


def promote(connection: apsw.Connection, theme: str, version: int, decision: Decision, when: float) -> None:
    """Let a version serve on its base. Does nothing if it serves already, or if the cycle has promoted it before:

    a cycle that is resumed after a crash may ask twice, and must not undo a rollback that came between.
    """
    entry = _entry("promote", connection, theme, version, decision)
    mine = "SELECT 1 FROM ledger WHERE event = 'promote' AND (theme, version, cycle) = (?, ?, ?)"
    if connection.execute(mine, (theme, version, decision.cycle)).fetchall():
        return
    if current(connection, theme, entry.base_sha256) != version:
        _set(connection, entry, when)


def roll_back(
    connection: apsw.Connection,
    theme: str,
    base_sha256: str,
    seen: int,
    to: int | None,
    decision: Decision,
    when: float,
) -> None:
    """Take down ``seen`` for ``to``, None for the base. Conflict if something else serves by now or ``to`` may not."""
    serving = current(connection, theme, base_sha256)
    if serving != seen:
        raise Conflict(f"{theme} changed in the meantime: now {_name(theme, serving)} serves; look and ask again")
    if to is None:
        entry = Entry("rollback", theme, None, None, base_sha256, decision.reason, decision.cycle, decision.numbers)
    else:
        entry = _entry("rollback", connection, theme, to, decision)
        if entry.base_sha256 != base_sha256:
            raise Conflict(f"{theme}@{to} was made for another base model", param="to")
    _set(connection, entry, when)


def deactivate(connection: apsw.Connection, theme: str, base_sha256: str, decision: Decision, when: float) -> None:
    """Back to the base, with nothing left to roll back to. On the base already, nothing happens."""
    if current(connection, theme, base_sha256) is not None:
        entry = Entry("deactivate", theme, None, None, base_sha256, decision.reason, decision.cycle, decision.numbers)
        _set(connection, entry, when)


def withdraw(connection: apsw.Connection, theme: str, version: int, decision: Decision, when: float) -> None:
    """Put a tombstone on a version: it may never serve again. Conflict while it serves."""
    if version in tombstoned(connection, theme):
        return
    entry = _entry("tombstone", connection, theme, version, decision)
    if current(connection, theme, entry.base_sha256) == version:
        raise Conflict(f"{theme}@{version} is serving; roll it back first")
    connection.execute("INSERT INTO adapter_tombstone VALUES (?, ?, ?)", (theme, version, when))
    ledger.append(connection, entry, when)


def problems(connection: apsw.Connection) -> list[str]:
    """Where the active set, the tombstones, the versions and the ledger disagree; one line each."""
    found: list[str] = []
    told = {key: stack[-1] for key, stack in _replay(connection).items() if stack}
    rows = connection.execute("SELECT base_sha256, theme, version FROM adapter_active")
    active = {(base, theme): version for base, theme, version in rows}
    for base, theme in sorted(told.keys() | active.keys()):
        says, is_active = told.get((base, theme)), active.get((base, theme))
        if says != is_active:
            found.append(
                f"on base {base[:12]} {_name(theme, is_active)} is active, but by the ledger it is {_name(theme, says)}"
            )
        if is_active in tombstoned(connection, theme):
            found.append(f"{theme}@{is_active} is active and was withdrawn")
    installed = set(_events(connection, "event = 'install'", "theme, version, sha256, base_sha256"))
    versions = set(connection.execute("SELECT theme, version, sha256, base_sha256 FROM adapter"))
    found += [f"the ledger does not know {theme}@{version} as it is" for theme, version, *_ in versions - installed]
    found += [f"{theme}@{version} is in the ledger and has no row" for theme, version, *_ in installed - versions]
    buried = set(connection.execute("SELECT theme, version FROM adapter_tombstone"))
    told_buried = set(_events(connection, "event = 'tombstone'", "theme, version"))
    found += [f"the ledger and the tombstone of {theme}@{version} disagree" for theme, version in buried ^ told_buried]
    return found


def _entry(event: ledger.Event, connection: apsw.Connection, theme: str, version: int, decision: Decision) -> Entry:
    """What the ledger says of a version. UnknownModel if there is none, Conflict if it was withdrawn."""
    sql = "SELECT sha256, base_sha256 FROM adapter WHERE theme = ? AND version = ?"
    rows: list[tuple[Any, ...]] = connection.execute(sql, (theme, version)).fetchall()
    if not rows:
        raise UnknownModel(f"there is no adapter {theme}@{version}", param="version")
    if version in tombstoned(connection, theme):
        raise Conflict(f"{theme}@{version} was withdrawn and cannot serve again")
    sha256, base_sha256 = rows[0]
    return Entry(event, theme, version, sha256, base_sha256, decision.reason, decision.cycle, decision.numbers)


def _set(connection: apsw.Connection, entry: Entry, when: float) -> None:
    """The one place that changes what serves, together with the ledger row that says so."""
    key = (entry.base_sha256, entry.theme)
    connection.execute("DELETE FROM adapter_active WHERE base_sha256 = ? AND theme = ?", key)
    if entry.version is not None:
        connection.execute("INSERT INTO adapter_active VALUES (?, ?, ?, ?)", (*key, entry.version, when))
    ledger.append(connection, entry, when)


def _replay(connection: apsw.Connection) -> dict[tuple[str, str], list[int]]:
    """By (base, theme): the versions to go back to as the ledger tells them, the one that serves last."""
    stacks: dict[tuple[str, str], list[int]] = {}
    columns = "event, theme, version, base_sha256"
    for event, theme, version, base in _events(connection, "event IN ('promote', 'rollback', 'deactivate')", columns):
        stack = stacks.setdefault((base, theme), [])
        if version is None:
            stack.clear()
        elif event == "promote":
            stack.append(version)
        elif version in stack:
            while stack[-1] != version:
                stack.pop()
        else:
            stack[-1:] = [version]
    return stacks


def _events(connection: apsw.Connection, where: str, columns: str) -> Iterator[tuple[Any, ...]]:
    yield from connection.execute(f"SELECT {columns} FROM ledger WHERE {where} ORDER BY seq")


def _name(theme: str, version: int | None) -> str:
    return f"{theme}@{version}" if version is not None else f"the base for {theme}"
