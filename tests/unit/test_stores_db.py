"""The database alone: acknowledgement, isolation of failures, migrations, full disks. No store's table is used."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from a3x.clock import HandClock, SystemClock
from a3x.disk import RealDisk
from a3x.errors import A3XError, NotFound, NotReady, StorageFull
from a3x.stores import db as db_module
from a3x.stores.db import Database, migrations, open_readonly
from a3x.stores.fakes import FullDisk

PATIENCE_S = 10


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "home" / "a3x.db", RealDisk(), HandClock()) as opened:
        opened.write(lambda c: c.execute("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT")).result(PATIENCE_S)
        yield opened


def insert(x: int):
    def job(connection: apsw.Connection) -> int:
        connection.execute("INSERT INTO t VALUES (?)", (x,))
        return x

    return job


def stored(db: Database) -> list[int]:
    return db.read(lambda c: [int(str(x)) for (x,) in c.execute("SELECT x FROM t ORDER BY x")])


def held_up(db: Database, jobs: list) -> list[Future]:
    """Queue jobs while the writer is busy, so that they make one batch."""
    with busy_writer(db):
        return [db.write(job) for job in jobs]


@contextmanager
def busy_writer(db: Database) -> Iterator[None]:
    """The writer thread is in the middle of a batch of its own."""
    started, go = threading.Event(), threading.Event()

    def job(_: apsw.Connection) -> None:
        started.set()
        go.wait(PATIENCE_S)

    first = db.write(job)
    assert started.wait(PATIENCE_S)
    yield
    go.set()
    first.result(PATIENCE_S)


def test_settings_that_durability_rests_on(db: Database) -> None:
    assert db.write(lambda c: c.pragma("synchronous")).result(PATIENCE_S) == 2, "FULL"
    assert db.read(lambda c: c.pragma("journal_mode")) == "wal"
    assert db.write(lambda c: c.pragma("foreign_keys")).result(PATIENCE_S) == 1


@pytest.mark.parametrize("small", [True, False])
def test_a_reader_keeps_few_pages(db: Database, monkeypatch: pytest.MonkeyPatch, small: bool) -> None:
    """Of a file much larger than its cache. With SQLite's own size (the control) every reader fills 2 MiB."""
    if not small:
        monkeypatch.setattr(db_module, "READ_CACHE_KIB", 2_000)

    def fill(connection: apsw.Connection) -> None:
        connection.execute("CREATE TABLE wide (x BLOB) STRICT")
        connection.executemany("INSERT INTO wide VALUES (zeroblob(?))", [(3_000,)] * 1_000)

    def kept(connection: apsw.Connection) -> int:
        assert connection.execute("SELECT sum(length(x)) FROM wide").fetchall() == [(3_000_000,)]
        return connection.status(apsw.SQLITE_DBSTATUS_CACHE_USED)[0]

    db.write(fill).result(PATIENCE_S)
    assert (db.read(kept) < 256 << 10) == small


def test_waiting_writes_share_a_commit(db: Database) -> None:
    before = db.stats()["commits"]
    futures = held_up(db, [insert(x) for x in range(100)])
    assert [future.result(PATIENCE_S) for future in futures] == list(range(100))
    assert db.stats()["commits"] - before <= 3
    assert stored(db) == list(range(100))


def test_nothing_is_acknowledged_before_its_commit(db: Database) -> None:
    """Seen from another connection at the moment of acknowledgement, the row must be there."""
    seen: list[object] = []
    other = apsw.Connection(str(db.path))
    future = db.write(insert(1))
    future.add_done_callback(lambda _: seen.append(other.execute("SELECT x FROM t").fetchall()))
    future.result(PATIENCE_S)
    db.close()
    other.close()
    assert seen == [[(1,)]]


def test_a_failing_job_undoes_only_itself(db: Database) -> None:
    def half(connection: apsw.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (50)")
        raise ValueError("my own")

    good, bad, duplicate, last = held_up(db, [insert(1), half, insert(1), insert(2)])
    assert good.result(PATIENCE_S) == 1
    assert last.result(PATIENCE_S) == 2
    with pytest.raises(ValueError, match="my own"):
        bad.result(PATIENCE_S)
    with pytest.raises(apsw.ConstraintError):
        duplicate.result(PATIENCE_S)
    assert stored(db) == [1, 2]


def test_a_failing_commit_fails_the_whole_batch_and_the_next_one_works(db: Database) -> None:
    db.write(
        lambda c: c.execute("CREATE TABLE child (x INTEGER REFERENCES t (x) DEFERRABLE INITIALLY DEFERRED) STRICT")
    ).result(PATIENCE_S)
    futures = held_up(db, [insert(1), lambda c: c.execute("INSERT INTO child VALUES (99)"), insert(2)])
    for future in futures:
        with pytest.raises(apsw.ConstraintError):
            future.result(PATIENCE_S)
    assert stored(db) == []
    assert db.write(insert(3)).result(PATIENCE_S) == 3
    assert stored(db) == [3]


def test_a_job_that_ends_the_transaction_takes_the_batch_with_it(db: Database) -> None:
    def gives_up(connection: apsw.Connection) -> None:
        connection.execute("ROLLBACK")
        raise ValueError("as SQLite does when it runs out of room")

    for future in held_up(db, [insert(1), gives_up, insert(2)]):
        with pytest.raises(ValueError, match="out of room"):
            future.result(PATIENCE_S)
    assert stored(db) == []
    assert db.write(insert(4)).result(PATIENCE_S) == 4


def test_a_write_cancelled_before_its_turn_is_not_run(db: Database) -> None:
    with busy_writer(db):
        assert db.write(insert(1)).cancel()
    db.write(insert(2)).result(PATIENCE_S)
    assert stored(db) == [2]


def test_close_finishes_what_was_queued(tmp_path: Path) -> None:
    path = tmp_path / "a3x.db"
    db = Database(path, RealDisk(), SystemClock())
    db.write(lambda c: c.execute("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT"))
    futures = [db.write(insert(x)) for x in range(1000)]
    db.close()
    db.close()
    assert all(future.done() for future in futures)
    with pytest.raises(NotReady):
        db.write(insert(1))
    with pytest.raises(NotReady):
        stored(db)
    with Database(path, RealDisk(), SystemClock()) as again:
        assert stored(again) == list(range(1000))


def test_readers_in_many_threads(db: Database) -> None:
    results: list[int] = []

    def work(start: int) -> None:
        for x in range(start, start + 25):
            db.write(insert(x)).result(PATIENCE_S)
            results.append(int(x in stored(db)))

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(results) == 200


def test_a_read_cannot_write(db: Database) -> None:
    with pytest.raises(A3XError, match="readonly"):
        db.read(lambda c: c.execute("INSERT INTO t VALUES (1)"))
    assert stored(db) == []


# --- full disk -------------------------------------------------------------------------------------------------------


def test_full_disk_is_a_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    with FullDisk() as disk, Database(tmp_path / "a3x.db", disk, HandClock()) as db:
        db.write(lambda c: c.execute("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT")).result(PATIENCE_S)
        db.write(insert(1)).result(PATIENCE_S)
        disk.room_bytes = 0
        for future in held_up(db, [insert(2), insert(3)]):
            with pytest.raises(StorageFull, match=r"a3x\.db is full \(0 bytes free\).*not stored"):
                future.result(PATIENCE_S)
        assert stored(db) == [1]
        disk.room_bytes = None
        assert db.write(insert(4)).result(PATIENCE_S) == 4
        assert stored(db) == [1, 4]
        assert db.read(lambda c: c.pragma("integrity_check")) == "ok"


@pytest.mark.parametrize("room_bytes", [100, 5_000, 40_000])
def test_disk_that_fills_in_the_middle_of_a_commit(tmp_path: Path, room_bytes: int) -> None:
    with FullDisk() as disk:
        acknowledged, refused = [], 0
        with Database(tmp_path / "a3x.db", disk, HandClock()) as db:
            db.write(lambda c: c.execute("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT")).result(PATIENCE_S)
            disk.room_bytes = room_bytes
            for x in range(30):
                try:
                    acknowledged.append(db.write(insert(x)).result(PATIENCE_S))
                except StorageFull:
                    refused += 1
            assert refused
            assert stored(db) == acknowledged
        with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as again:
            assert stored(again) == acknowledged


def test_job_that_runs_into_the_size_limit(db: Database) -> None:
    """SQLite itself refuses in the middle of a job: that job hears of it, its neighbours are stored."""

    def big(connection: apsw.Connection) -> None:
        connection.pragma("max_page_count", connection.pragma("page_count"))
        connection.execute("CREATE TABLE blob (b BLOB)")
        connection.execute("INSERT INTO blob VALUES (zeroblob(1000000))")

    good, bad = held_up(db, [insert(1), big])
    with pytest.raises(StorageFull):
        bad.result(PATIENCE_S)
    assert good.result(PATIENCE_S) == 1
    db.write(lambda c: c.pragma("max_page_count", 1 << 30)).result(PATIENCE_S)
    db.write(insert(2)).result(PATIENCE_S)
    assert stored(db) == [1, 2]


def test_opening_on_a_full_disk(tmp_path: Path) -> None:
    with FullDisk(room_bytes=0) as disk, pytest.raises(StorageFull):
        Database(tmp_path / "a3x.db", disk, HandClock())


# --- opening ---------------------------------------------------------------------------------------------------------


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = [number for number, _ in migrations()]
    assert numbers == list(range(1, numbers[-1] + 1))


def test_schema_version_is_recorded(db: Database) -> None:
    assert db.read(lambda c: c.pragma("user_version")) == migrations()[-1][0]


def test_a_failing_migration_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [(1, "CREATE TABLE a (x)"), (2, "CREATE TABLE b (x); CREATE TABLE b (x)")]
    monkeypatch.setattr(db_module, "migrations", lambda: steps)
    with pytest.raises(apsw.SQLError):
        Database(tmp_path / "a3x.db", RealDisk(), HandClock())
    connection = apsw.Connection(str(tmp_path / "a3x.db"))
    assert connection.pragma("user_version") == 0
    assert connection.execute("SELECT * FROM sqlite_schema").fetchall() == []
    connection.close()


def test_older_database_is_migrated_and_keeps_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [(1, "CREATE TABLE t (x INTEGER PRIMARY KEY)")]
    monkeypatch.setattr(db_module, "migrations", lambda: steps)
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as db:
        db.write(insert(1)).result(PATIENCE_S)
    steps.append((2, "ALTER TABLE t ADD COLUMN y TEXT"))
    with pytest.raises(A3XError, match="has schema 1 and this program expects 2"):
        open_readonly(tmp_path / "a3x.db", RealDisk(), HandClock())
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as db:
        assert db.read(lambda c: c.execute("SELECT x, y FROM t").fetchall()) == [(1, None)]


def test_newer_database_is_refused(db: Database) -> None:
    db.close()
    connection = apsw.Connection(str(db.path))
    connection.pragma("user_version", 999)
    connection.close()
    with pytest.raises(A3XError, match=r"has schema 999 .* newer"):
        Database(db.path, RealDisk(), HandClock())
    with pytest.raises(A3XError, match="has schema 999"):
        open_readonly(db.path, RealDisk(), HandClock())


def test_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a3x.db").write_bytes(b"not a database at all " * 100)
    with pytest.raises(A3XError, match="not a database"):
        Database(tmp_path / "a3x.db", RealDisk(), HandClock())


def test_open_readonly(db: Database, tmp_path: Path) -> None:
    db.write(insert(1)).result(PATIENCE_S)
    with open_readonly(db.path, RealDisk(), HandClock()) as beside:
        assert stored(beside) == [1]
        with pytest.raises(NotReady, match="reading only"):
            beside.write(insert(2))
    db.close()
    with open_readonly(db.path, RealDisk(), HandClock()) as alone:
        assert stored(alone) == [1]
    with pytest.raises(NotFound):
        open_readonly(tmp_path / "none.db", RealDisk(), HandClock())
    assert not (tmp_path / "none.db").exists()
