"""What was acknowledged is there exactly once: after kill -9, after a power cut, and with controls that must fail."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import apsw
import numpy as np
import pytest

from a3x.clock import HandClock, SystemClock
from a3x.disk import RealDisk
from a3x.stores.backup import check_database
from a3x.stores.db import Database, _Write
from a3x.stores.experiences import Experiences
from a3x.stores.fakes import PowerCutDisk, SlowDisk
from a3x.stores.vectors import NewVector, Space, Vectors
from a3x.stores.words import Words
from a3x.types import Experience
from tests.support.forgetting import forget

pytestmark = pytest.mark.integration

WRITERS = 8
KILLS = 50
ACKNOWLEDGED_A_KILL = 20
PLAIN = Experience("", "user:local", "chat", "what?" * 100, 1.0, "completed", "that" * 100)

CHILD = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
from tests.integration.test_durability import PLAIN
from a3x.clock import SystemClock
from a3x.disk import RealDisk
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences

async def write(store, writer, n):
    while True:
        await store.add(replace(PLAIN, id=f"{writer}-{n}"))
        print(writer, n, flush=True)
        n += 1

async def main():
    store = Experiences(Database(Path(sys.argv[1]), RealDisk(), SystemClock()))
    await asyncio.gather(*(write(store, writer, int(n)) for writer, n in enumerate(sys.argv[3:])))

asyncio.run(main())
"""


def test_kill_9_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Each life of the child first repeats what the last one was not told of, so a stored one may come twice."""
    path, root = tmp_path / "a3x.db", Path(__file__).parents[2]
    following = [0] * WRITERS
    for _ in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(root), *map(str, following)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for heard, line in enumerate(child.stdout):
            if heard == ACKNOWLEDGED_A_KILL:
                os.kill(child.pid, signal.SIGKILL)
            if line.endswith("\n"):
                writer, n = map(int, line.split())
                following[writer] = n + 1
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()
    acknowledged = {f"{writer}-{n}" for writer, end in enumerate(following) for n in range(end)}
    assert len(acknowledged) >= KILLS * ACKNOWLEDGED_A_KILL
    with Database(path, RealDisk(), SystemClock()) as db:
        stored = [found.id for found in Experiences(db).recent(1_000_000)]
        assert db.read(lambda c: c.pragma("integrity_check")) == "ok"
    assert len(stored) == len(set(stored))
    assert acknowledged <= set(stored)
    assert len(stored) <= len(acknowledged) + WRITERS, "only what was under way may be there unacknowledged"


# --- power cuts ------------------------------------------------------------------------------------------------------


class UnsyncedDatabase(Database):
    """Control: trusts the operating system's cache."""

    def _open_writer(self) -> apsw.Connection:
        connection = super()._open_writer()
        connection.pragma("synchronous", "OFF")
        return connection


class HastyDatabase(Database):
    """Control: acknowledges before the commit."""

    def _commit(self, connection: apsw.Connection, batch: list[_Write]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for write in batch:
            write.future.set_result(write.job(connection))
        connection.execute("COMMIT")


def harm_of_power_cuts(kind: type[Database], folder: Path) -> int:
    """Write from several threads, cut the power at some acknowledgements; how many acknowledged rows the cuts cost."""
    acknowledged: list[int] = []
    cuts: list[tuple[Path, list[int]]] = []
    with PowerCutDisk() as disk, kind(folder / "a3x.db", disk, HandClock()) as db:
        db.write(lambda c: c.execute("CREATE TABLE t (x INTEGER PRIMARY KEY, filler TEXT) STRICT")).result(10)

        def told(future: Future[int]) -> None:  # runs in the writer thread, at the moment of acknowledgement
            acknowledged.append(future.result())
            if len(acknowledged) % 40 == 7:
                cuts.append((folder / f"cut{len(cuts)}", list(acknowledged)))
                disk.cut(cuts[-1][0])

        def work(writer: int) -> None:
            for n in range(100):
                future = db.write(insert(writer * 1000 + n))
                future.add_done_callback(told)
                future.result(10)

        threads = [threading.Thread(target=work, args=(writer,)) for writer in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(acknowledged) == WRITERS * 100
    assert len(cuts) == 20
    return sum(lost_in(cut / "a3x.db", expected) for cut, expected in cuts)


def insert(x: int) -> Callable[[apsw.Connection], int]:
    def job(connection: apsw.Connection) -> int:
        connection.execute("INSERT INTO t VALUES (?, ?)", (x, "filler" * 200))
        return x

    return job


def lost_in(path: Path, expected: list[int]) -> int:
    connection = apsw.Connection(str(path))
    try:
        assert connection.pragma("integrity_check") == "ok"
        found = {row[0] for row in connection.execute("SELECT x FROM t").fetchall()}
    except apsw.Error:  # damaged, or not even a table: everything is gone
        found = set()
    finally:
        connection.close()
    return len(set(expected) - found)


def test_power_cuts_lose_nothing_acknowledged(tmp_path: Path) -> None:
    assert harm_of_power_cuts(Database, tmp_path) == 0


def test_power_cuts_leave_words_and_vectors_that_agree_with_the_rows(tmp_path: Path) -> None:
    """Experiences come, are embedded and go; after a cut at any acknowledgement both say what the rows say."""
    space, cuts = Space("e" * 64), 12
    with PowerCutDisk() as disk, Database(tmp_path / "live" / "a3x.db", disk, HandClock()) as db:
        store, vectors = Experiences(db), Vectors(db)

        async def live(n: int) -> None:
            seq = await store.add(replace(PLAIN, id=f"{n}", this=f"word{n}"))
            row = np.eye(8, dtype=np.float32)[n % 8]
            await vectors.put(space.embedder_sha256, [NewVector(seq, "combined", f"{n}", row)])
            if n % 3 == 0:
                await forget(db, [f"{n - 1}"])

        for n in range(cuts):
            asyncio.run(live(n))
            disk.cut(tmp_path / f"cut{n}")
    for n in range(cuts):
        assert check_database(tmp_path / f"cut{n}" / "a3x.db") == []
        with Database(tmp_path / f"cut{n}" / "a3x.db", RealDisk(), HandClock()) as db:
            gone = {at - 1 for at in range(0, n + 1, 3)}
            there = set(range(n + 1)) - gone
            assert {one.id for one in Experiences(db).recent()} == {f"{at}" for at in there}
            assert {at for at in range(n + 1) if Words(db).find([f"word{at}"], 5)} == there
            assert Vectors(db).count(space) == len(there)
            assert Vectors(db).pending(space.embedder_sha256, 0, 5) == []


@pytest.mark.parametrize("broken", [UnsyncedDatabase, HastyDatabase])
def test_power_cuts_are_noticed_by_this_test(tmp_path: Path, broken: type[Database]) -> None:
    assert harm_of_power_cuts(broken, tmp_path) > 0


# --- group commit ----------------------------------------------------------------------------------------------------


def test_writers_share_slow_syncs(tmp_path: Path) -> None:
    """Rows that one sync pays for, where syncs take 5 ms: what they cost in time is for ``benchmarks/perf/memory.py``.

    10 at 16 writers, since a writer thread that does not wait for those it has just acknowledged gets 7 to 9.
    """
    with SlowDisk(0.005) as disk, Database(tmp_path / "a3x.db", disk, SystemClock()) as db:
        store = Experiences(db)

        async def write(writer: str, rows: int) -> None:
            for n in range(rows):
                await store.add(replace(PLAIN, id=f"{writer}-{n}"))

        def rows_a_sync(writers: int, rows: int) -> float:
            async def together() -> None:
                await asyncio.gather(*(write(f"{writers}.{writer}", rows) for writer in range(writers)))

            before = disk.syncs
            asyncio.run(together())
            return writers * rows / (disk.syncs - before)

        alone, sixteen, many = rows_a_sync(1, 60), rows_a_sync(16, 60), rows_a_sync(64, 60)
        assert alone <= 1, "each of one writer's rows is synced before it is acknowledged"
        assert sixteen >= 10 * alone, f"{sixteen:.1f} rows a sync against {alone:.1f}"
        assert many >= 20 * alone, f"{many:.1f} rows a sync against {alone:.1f}"
