"""Verdicts are kept as they were given, and count the tries on every record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.errors import BadRequest, NotFound
from a3x.stores.db import Database
from a3x.stores.verdicts import StoredVerdict, Verdicts

FIRST = StoredVerdict("v1", "c1", "cli", "reject", 1.5, {"numbers": {"cli": {"gained": 3}}, "alpha": 0.025})


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as opened:
        yield opened


@pytest.fixture
def verdicts(db: Database) -> Verdicts:
    return Verdicts(db)


def add(verdicts: Verdicts, verdict: StoredVerdict, *records: str) -> None:
    asyncio.run(verdicts.add(verdict, records))


def test_round_trip_and_order(verdicts: Verdicts) -> None:
    second = replace(FIRST, id="v2", cycle="c2", theme="python", decision="promote")
    add(verdicts, FIRST, "r1")
    add(verdicts, second, "r1")
    assert verdicts.get("v1") == FIRST
    assert verdicts.recent() == [second, FIRST]
    assert verdicts.recent(theme="cli") == [FIRST]
    assert verdicts.recent(cycle="c2") == [second]
    assert verdicts.recent(limit=1) == [second]
    with pytest.raises(NotFound, match="no verdict v9"):
        verdicts.get("v9")


def test_the_first_word_stands(verdicts: Verdicts) -> None:
    add(verdicts, FIRST, "r1")
    add(verdicts, replace(FIRST, decision="promote"), "r2")
    assert verdicts.get("v1").decision == "reject"
    assert verdicts.tries("cli", ["r2"]) == 0


def test_tries_count_by_the_record_tried_most(verdicts: Verdicts) -> None:
    assert verdicts.tries("cli", ["r1", "r2"]) == 0
    add(verdicts, FIRST, "r1", "r2")
    add(verdicts, replace(FIRST, id="v2"), "r2", "r3", "r2")
    assert verdicts.tries("cli", ["r1"]) == 1
    assert verdicts.tries("cli", ["fresh", "r2"]) == 2
    assert verdicts.tries("python", ["r2"]) == 0
    assert verdicts.tries("cli", []) == 0


def test_verdicts_cannot_be_rewritten(db: Database, verdicts: Verdicts) -> None:
    add(verdicts, FIRST)
    for sql in ("UPDATE verdict SET decision = 'promote'", "DELETE FROM verdict"):
        with pytest.raises(apsw.ConstraintError, match="verdict"):
            db.write(lambda connection, sql=sql: connection.execute(sql)).result()
    assert verdicts.get("v1") == FIRST


def test_what_cannot_be_stored_is_refused(verdicts: Verdicts) -> None:
    for wrong in (replace(FIRST, body={"p": float("nan")}), replace(FIRST, decision="maybe")):  # type: ignore[arg-type]
        with pytest.raises(BadRequest):
            add(verdicts, wrong)
    assert verdicts.recent() == []
