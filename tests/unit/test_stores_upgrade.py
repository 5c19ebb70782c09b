"""Every older schema, with rows in it, becomes today's, and the rows are what they were and can be searched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.stores.db import Database, migrations
from a3x.stores.experiences import Experiences
from a3x.stores.words import Words

NEWEST = migrations()[-1][0]
TEXTS: dict[tuple[str, str], list[str]] = {
    ("experience", "status"): ["completed", "failed"],
    ("experience", "origin"): ["user", "generated"],
    ("experience", "made_by"): ["engine", "trajectory"],
    ("priorities", "label"): ["reliable", "erroneous"],
    ("priorities", "basis"): ["known", "calibrated"],
    ("verdict", "decision"): ["promote", "reject"],
    ("cycle", "state"): ["promoted", "failed"],
    ("record", "origin"): ["user", "verified"],
    ("record", "split"): ["train", "gate"],
    ("vector", "part"): ["query", "combined"],
}
"""Columns that take some words only."""
OBJECTS = {"uncertainty", "context", "metadata", "extra", "components", "facts", "numbers"}
LISTS = {"messages", "mix", "tools", "source_ids"}
REFERENCES = {"experience_id": "id 0", "cycle_id": "id 0", "superseded_by": None, "theme": "theme 0"}


def value_of(table: str, column: str, kind: str, row: int) -> Any:
    if (table, column) in TEXTS:
        return TEXTS[table, column][row]
    if column in OBJECTS | LISTS:
        return "{}" if column in OBJECTS else "[]"
    if column in REFERENCES and not (table == "adapter_number" and column == "theme"):
        return REFERENCES[column]
    if column in ("rating", "outcome"):
        return 1
    if column == "span_id":
        return f"id {row}"
    return {"TEXT": f"{column} {row}", "INTEGER": row + 1, "REAL": row + 0.5, "BLOB": b"1234"}[kind]


def fill(connection: apsw.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Two rows in every plain table that has none; everything that is stored then, by table."""
    connection.pragma("foreign_keys", False)
    tables = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'"
    ).fetchall()
    kept: dict[str, list[tuple[Any, ...]]] = {}
    for (table,) in tables:
        columns = connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
        names = ", ".join(f'"{name}"' for name, _ in columns)
        if table not in ("ledger", "ledger_head"):  # chained: its own tests write rows that are accepted
            for row in range(2):
                values = [value_of(str(table), str(name), str(kind), row) for name, kind in columns]
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})", values)
        kept[str(table)] = connection.execute(f"SELECT {names} FROM {table}").fetchall()
    return kept


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_an_older_database_keeps_its_rows(tmp_path: Path, version: int) -> None:
    path = tmp_path / "a3x.db"
    old = apsw.Connection(str(path))
    for number, sql in migrations():
        if number <= version:
            old.execute(sql)
            old.pragma("user_version", number)
    kept = fill(old)
    old.close()
    with Database(path, RealDisk(), HandClock()) as db:
        assert db.read(lambda c: c.pragma("user_version")) == NEWEST
        assert db.read(lambda c: c.pragma("integrity_check")) == "ok"
        for table, rows in kept.items():
            now = db.read(lambda c, table=table: c.execute(f"SELECT * FROM {table}").fetchall())
            assert [row[: len(old_row)] for row, old_row in zip(now, rows, strict=True)] == rows, table
        assert [one.this for one in Experiences(db).recent()] == ["this 1", "this 0"]
        assert sorted(Words(db).find(["this"], 5)) == [1, 2]
        assert Words(db).find(["1"], 5) == [2]
