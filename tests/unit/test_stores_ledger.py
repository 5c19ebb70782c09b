"""The chain: nothing can be changed through SQL, and what is changed behind its back is seen. No adapter is installed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a3x.errors import BadRequest
from a3x.stores import ledger
from a3x.stores.db import migrate
from a3x.stores.ledger import Entry

ROWS = 5
CHANGES = {
    "when": st.floats(0, 1e9),
    "event": st.sampled_from(["install", "promote", "reject", "rollback", "x"]),
    "theme": st.text(max_size=5),
    "version": st.none() | st.integers(0, 9),
    "sha256": st.none() | st.text(max_size=5),
    "base_sha256": st.text(max_size=5),
    "cycle": st.none() | st.text(max_size=5),
    "reason": st.text(max_size=9),
    "numbers": st.sampled_from(["{}", '{"a": 1}', "x"]),
    "previous_hash": st.text("0123456789abcdef", max_size=64),
    "hash": st.text("0123456789abcdef", max_size=64),
}


def written() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    migrate(connection, Path("memory"))
    for number in range(1, ROWS + 1):
        entry = Entry("promote", "cli", number, "ab" * 32, "cd" * 32, f"better {number}", f"cyc_{number}", {"é": 0.5})
        ledger.append(connection, entry, 1_700_000_000.25 + number)
    return connection


def unguarded() -> apsw.Connection:
    """Someone took the triggers away."""
    connection = written()
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def test_what_was_written_is_read_and_holds() -> None:
    connection = written()
    rows = ledger.select(connection)
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0].previous_hash == ""
    assert [row.previous_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]
    assert (rows[2].reason, rows[2].cycle, rows[2].numbers) == ("better 3", "cyc_3", {"é": 0.5})
    assert ledger.problems(connection) == []
    assert ledger.problems(unguarded()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger SET reason = 'other' WHERE seq = 2",
        "DELETE FROM ledger WHERE seq = 5",
        "INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE seq = 5",
        "INSERT OR REPLACE INTO ledger SELECT 6, 0, event, '', 1, '', '', '', '', '{}', 'not the last hash', '' "
        "FROM ledger WHERE seq = 5",
        "INSERT INTO ledger SELECT 9, 0, event, '', 1, '', '', '', '', '{}', hash, '' FROM ledger WHERE seq = 5",
    ],
)
def test_sql_cannot_change_it(sql: str) -> None:
    connection = written()
    with pytest.raises(apsw.ConstraintError, match="only grows"):
        connection.execute(sql)
    assert ledger.problems(connection) == []


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, ROWS), st.sampled_from(sorted(CHANGES)))
def test_any_changed_field_is_seen(data: st.DataObject, seq: int, column: str) -> None:
    connection = unguarded()
    before = connection.execute(f'SELECT "{column}" FROM ledger WHERE seq = ?', (seq,)).fetchall()
    connection.execute(f'UPDATE ledger SET "{column}" = ? WHERE seq = ?', (data.draw(CHANGES[column]), seq))
    changed = connection.execute(f'SELECT "{column}" FROM ledger WHERE seq = ?', (seq,)).fetchall() != before
    assert bool(ledger.problems(connection)) == changed


@pytest.mark.parametrize("seq", range(1, ROWS + 1))
def test_any_removed_row_is_seen_the_last_one_too(seq: int) -> None:
    connection = unguarded()
    connection.execute("DELETE FROM ledger WHERE seq = ?", (seq,))
    assert ledger.problems(connection) != []


def test_rows_renumbered_added_or_forged_are_seen() -> None:
    for sql in (
        "UPDATE ledger SET seq = 9 WHERE seq = 5",
        "UPDATE ledger SET seq = -seq; UPDATE ledger SET seq = seq + 6",
        "DELETE FROM ledger",
        "INSERT INTO ledger SELECT 6, 0, event, theme, 1, '', '', '', '', '{}', hash, 'ab' FROM ledger WHERE seq = 5",
        "UPDATE ledger_head SET seq = 4",
        "DELETE FROM ledger_head",
    ):
        connection = unguarded()
        connection.execute(sql)
        assert ledger.problems(connection) != [], sql


@pytest.mark.parametrize("seq", range(1, ROWS + 1))
def test_a_row_rewritten_with_a_fitting_hash_is_seen(seq: int) -> None:
    connection = unguarded()
    connection.execute("UPDATE ledger SET reason = 'other' WHERE seq = ?", (seq,))
    fields = connection.execute(f"SELECT {ledger.COLUMNS} FROM ledger WHERE seq = ?", (seq,)).fetchall()[0][:-1]
    fitting = hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()
    connection.execute("UPDATE ledger SET hash = ? WHERE seq = ?", (fitting, seq))
    assert f"ledger row {seq} is not what was written" not in ledger.problems(connection)
    assert ledger.problems(connection) != []


def test_a_cut_without_the_head_would_go_unseen() -> None:
    """Negative control: it is the head that shows a cut, not the chain."""
    connection = unguarded()
    connection.execute(
        "DELETE FROM ledger WHERE seq = 5; "
        "UPDATE ledger_head SET seq = 4, hash = (SELECT hash FROM ledger WHERE seq = 4)"
    )
    assert ledger.problems(connection) == []


def test_numbers_that_are_no_json_are_refused() -> None:
    connection = written()
    with pytest.raises(BadRequest, match="numbers"):
        ledger.append(connection, Entry("reject", "cli", 1, "", "", "", None, {"loss": float("nan")}), 0.0)
