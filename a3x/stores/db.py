"""One SQLite file with one writer thread and group commit. Knows connections and migrations, no table of any store.

A write is a function of a connection. Writes that arrive while a commit is under way share the next one: each runs in a
savepoint of one transaction, and nobody is told of success before COMMIT has returned, so what was acknowledged is on
the disk (WAL, synchronous=FULL).
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self, TypeVar

import apsw

from a3x.disk import FULL_ERRNOS, make_folder
from a3x.errors import A3XError, NotFound, NotReady, StorageFull
from a3x.types import Clock, Disk

T = TypeVar("T")
Job = Callable[[apsw.Connection], T]

BUSY_TIMEOUT_MS = 5_000
MAX_BATCH = 512
"""Writes in one transaction: bounds how long the first of them waits."""
MAX_PATIENCE_S = 0.002
IDLE_READERS = 4
"""Read connections kept open between reads."""
READ_CACHE_KIB = 128
"""Pages that a reader keeps: every commit of the writer voids them, and the system keeps the file's pages anyway. With SQLite's
own 2 MiB each thread that reads ends up with two or three such caches of freed memory (docs/decisions/0031)."""
CHECKPOINT_PAGES = 1_000
"""Pages in the log after which it is copied into the database file."""
WAL_KEPT_BYTES = 16 << 20
"""What a checkpoint leaves of the log file after a burst."""


@dataclass(frozen=True)
class _Write:
    job: Job[Any]
    future: Future[Any]
    alone: bool = False
    """Run outside a transaction."""


@dataclass(frozen=True)
class _Outcome:
    """What one job of a batch came to; told to its future only once the batch is decided."""

    value: Any = None
    error: Exception | None = None


class Database:
    """The database at ``path``, created and migrated when it is opened. Safe to use from any thread.

    Raises StorageFull without room to open it and A3XError if it is damaged, foreign or newer than this program.
    """

    def __init__(self, path: Path, disk: Disk, clock: Clock, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._disk = disk
        self._clock = clock
        self._gate = threading.Lock()
        self._closed = False
        self._idle: list[apsw.Connection] = []
        self._queue: SimpleQueue[_Write | None] = SimpleQueue()
        self._batches = 0
        self._writes = 0
        self._last_size = 0
        self._commit_s = 0.0
        self._wal_pages = 0
        self._writer, self._thread = None, None
        if read_only:
            self._check_readable()
        else:
            self._writer = self._open_writer()
            self._thread = threading.Thread(target=self._serve_writes, name="a3x-db-writer", daemon=True)
            self._thread.start()

    # --- for the stores ----------------------------------------------------------------------------------------------

    def write(self, job: Job[T]) -> Future[T]:
        """Queue a write; the future resolves after the commit that holds it. A job may run at most once.

        The future carries the job's own exception, or StorageFull; either way nothing of that job is stored.
        """
        return self._queued(job, alone=False)

    def scrub(self) -> Future[None]:
        """Write the file anew from its rows and empty the log, so that nothing deleted can be read in either.

        Takes as much free space as the database has. The future carries StorageFull, or NotReady if a reader of another
        process is in the way; asking again is harmless.
        """
        return self._queued(_scrub, alone=True)

    def _queued(self, job: Job[T], alone: bool) -> Future[T]:
        future: Future[T] = Future()
        with self._gate:
            if self.read_only:
                raise NotReady(f"{self.path} is open for reading only; start the daemon to write")
            if self._closed:
                raise NotReady(f"{self.path} is closed")
            self._queue.put(_Write(job, future, alone))
        return future

    def read(self, job: Job[T]) -> T:
        """Run ``job`` now, in this thread, on one consistent snapshot that includes every acknowledged write."""
        connection = self._borrow()
        try:
            connection.execute("BEGIN")
            return job(connection)
        except apsw.Error as error:
            if explained := self._explain(error, connection):
                raise explained from error
            raise
        finally:
            _roll_back(connection)
            self._give_back(connection)

    def stats(self) -> dict[str, float]:
        """Commits, the writes they held and how long the last commit took, for /a3x/status."""
        return {"commits": self._batches, "writes": self._writes, "last_commit_s": self._commit_s}

    def close(self) -> None:
        """Finish every queued write, then let go of the file. Closing twice is harmless."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
        with self._gate:
            idle, self._idle = self._idle, []
        for connection in [*idle, *([self._writer] if self._writer else [])]:
            with contextlib.suppress(apsw.Error):  # no room to tidy the log away: the next opening reads it
                connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the writer thread -------------------------------------------------------------------------------------------

    def _serve_writes(self) -> None:
        assert self._writer is not None
        while batch := self._gather():
            wanted = [write for write in batch if write.future.set_running_or_notify_cancel()]
            if together := [write for write in wanted if not write.alone]:
                self._commit(self._writer, together)
            for write in wanted:
                if write.alone:
                    _resolve(write.future, self._run_alone(self._writer, write.job))
            if self._wal_pages >= CHECKPOINT_PAGES:
                self._checkpoint(self._writer)

    def _gather(self) -> list[_Write]:
        """The next batch; empty when the database is closing.

        Writers that were just acknowledged are about to come back: a batch waits for as many as the last one held, a
        fraction of a commit at most, or every second commit would hold only the quickest of them.
        """
        first = self._queue.get()
        if first is None:
            return []
        batch = [first]
        deadline = self._clock.monotonic() + min(self._commit_s / 4, MAX_PATIENCE_S)
        while len(batch) < MAX_BATCH:
            left = deadline - self._clock.monotonic() if len(batch) < self._last_size else 0.0
            try:
                write = self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait()
            except Empty:
                break
            if write is None:
                self._queue.put(None)
                break
            batch.append(write)
        return batch

    def _commit(self, connection: apsw.Connection, batch: list[_Write]) -> None:
        """Store a batch and tell each of its writers what became of its job."""
        if not batch:
            return
        started = self._clock.monotonic()
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._attempt(connection, write.job) for write in batch]
            connection.execute("COMMIT")
        except Exception as error:  # whatever it was, every writer of the batch must hear of it and the thread live on
            explained = self._explain(error, connection)
            _roll_back(connection)
            outcomes = [_Outcome(error=explained or error)] * len(batch)
        self._commit_s = self._clock.monotonic() - started
        self._last_size = len(batch)
        self._batches += 1
        self._writes += len(batch)
        for write, outcome in zip(batch, outcomes, strict=True):
            _resolve(write.future, outcome)

    def _attempt(self, connection: apsw.Connection, job: Job[Any]) -> _Outcome:
        """Run one job; its failure undoes what it did and nothing else."""
        connection.execute("SAVEPOINT job")
        try:
            value = job(connection)
        except Exception as error:  # the job is the caller's code; its error belongs to its future
            if not connection.in_transaction:  # SQLite gave up the whole transaction: nothing in the batch is stored
                raise
            explained = self._explain(error, connection)
            connection.execute("ROLLBACK TO job; RELEASE job")
            return _Outcome(error=explained or error)
        connection.execute("RELEASE job")
        return _Outcome(value=value)

    def _run_alone(self, connection: apsw.Connection, job: Job[Any]) -> _Outcome:
        try:
            return _Outcome(value=job(connection))
        except Exception as error:  # the caller's future must hear of it and the thread live on
            return _Outcome(error=self._explain(error, connection) or error)

    def _checkpoint(self, connection: apsw.Connection) -> None:
        """Shorten the log. Done after acknowledging, since the rows are safe in the log already."""
        with contextlib.suppress(apsw.Error):  # a disk too full for it will say so at the next write
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        self._wal_pages = 0

    def _note_log_size(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    # --- connections -------------------------------------------------------------------------------------------------

    def _open_writer(self) -> apsw.Connection:
        """The writing connection, with the schema brought up to date."""
        connection: apsw.Connection | None = None
        try:
            make_folder(self.path.parent)
            connection = self._connect(apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
            mode = connection.pragma("journal_mode", "wal")
            if mode != "wal":
                raise A3XError(f"{self.path} cannot use a write-ahead log (got {mode}); is it on a network filesystem?")
            connection.pragma("synchronous", "FULL")
            connection.pragma("journal_size_limit", WAL_KEPT_BYTES)
            connection.pragma("secure_delete", True)  # what is deleted is overwritten, not only let go of
            connection.set_wal_hook(self._note_log_size)  # in place of SQLite's own, which checkpoints inside COMMIT
            migrate(connection, self.path)
        except (A3XError, apsw.Error, OSError) as error:
            explained = self._explain(error, connection)
            if connection is not None:
                connection.close()
            if explained:
                raise explained from error
            raise
        return connection

    def _check_readable(self) -> None:
        if not self.path.exists():
            raise NotFound(f"there is no database at {self.path} yet; start the daemon once to create it")
        version, newest = self.read(_version), migrations()[-1][0]
        if version != newest:
            self.close()
            raise A3XError(
                f"{self.path} has schema {version} and this program expects {newest}; "
                + ("start the daemon once to bring it up to date" if version < newest else "install a newer A³X")
            )

    def _connect(self, flags: int) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), flags=flags, vfs=self._disk.vfs or None)
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        connection.pragma("foreign_keys", True)
        return connection

    def _borrow(self) -> apsw.Connection:
        with self._gate:
            if self._closed:
                raise NotReady(f"{self.path} is closed")
            if self._idle:
                return self._idle.pop()
        try:
            connection = self._connect(apsw.SQLITE_OPEN_READONLY)
            connection.pragma("cache_size", -READ_CACHE_KIB)  # negative: KiB instead of pages
            return connection
        except apsw.Error as error:
            if explained := self._explain(error, None):
                raise explained from error
            raise

    def _give_back(self, connection: apsw.Connection) -> None:
        with self._gate:
            if not self._closed and len(self._idle) < IDLE_READERS:
                self._idle.append(connection)
                return
        connection.close()

    def _explain(self, error: Exception, connection: apsw.Connection | None) -> A3XError | None:
        """SQLite's and the system's complaints about the disk or the file, in words; None for any other error."""
        code = connection.system_errno if connection is not None else getattr(error, "errno", 0)
        if isinstance(error, apsw.FullError) or (
            isinstance(error, apsw.IOError | apsw.CantOpenError | OSError) and code in FULL_ERRNOS
        ):
            free = self._disk.free_bytes(self.path.parent)
            return StorageFull(
                f"the disk holding {self.path} is full ({free} bytes free); what was stored before is safe, "
                "this was not stored"
            )
        if isinstance(error, apsw.BusyError | apsw.LockedError):
            return NotReady(f"another program is writing to {self.path}; is a second daemon running?")
        if isinstance(error, apsw.NotADBError | apsw.CorruptError):
            return A3XError(f"{self.path} is not a database A³X can read: {error}")
        if isinstance(error, apsw.IOError | apsw.CantOpenError | apsw.ReadOnlyError | apsw.PermissionsError | OSError):
            return A3XError(f"{self.path} cannot be used: {error}")
        return None


def open_readonly(path: Path, disk: Disk, clock: Clock) -> Database:
    """The database for reading beside or without a daemon; creates and changes nothing. NotFound if there is none."""
    return Database(path, disk, clock, read_only=True)


def whole_number(rows: list[tuple[Any, ...]]) -> int:
    """The one integer of a one-cell result."""
    ((value,),) = rows
    assert isinstance(value, int)
    return value


# --- migrations ------------------------------------------------------------------------------------------------------


def migrations() -> list[tuple[int, str]]:
    """Every schema step as (number, SQL), in the order of the numbers."""
    folder = resources.files("a3x.stores") / "schema"
    names = sorted(entry.name for entry in folder.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", entry.name))
    return [(int(name[:4]), (folder / name).read_text(encoding="utf-8")) for name in names]


def migrate(connection: apsw.Connection, path: Path) -> None:
    """Apply the steps the database lacks, each whole or not at all; ``user_version`` is the last one applied."""
    steps = migrations()
    newest = steps[-1][0]
    if _version(connection) == newest:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # read again under the lock: another process may have migrated meanwhile
        if version > newest:
            raise A3XError(
                f"{path} has schema {version} and this program knows up to {newest}: it was written by a newer "
                "A³X. Install that version, or start with another home"
            )
        for number, sql in (step for step in steps if step[0] > version):
            connection.execute(sql)
            connection.pragma("user_version", number)
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


def _scrub(connection: apsw.Connection) -> None:
    """VACUUM leaves out free pages and the free space of pages; what it freed is overwritten; the log is cut to nothing."""
    connection.pragma("secure_delete", True)
    connection.execute("VACUUM")
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


def _version(connection: apsw.Connection) -> int:
    return int(connection.pragma("user_version"))


def _roll_back(connection: apsw.Connection) -> None:
    """Leave no transaction open. A failing disk may complain; SQLite has then dropped the transaction by itself."""
    if connection.in_transaction:
        with contextlib.suppress(apsw.Error):
            connection.execute("ROLLBACK")


def _resolve(future: Future[Any], outcome: _Outcome) -> None:
    if outcome.error is not None:
        future.set_exception(outcome.error)
    else:
        future.set_result(outcome.value)
