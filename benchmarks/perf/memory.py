"""The memory's budgets: search against sqlite-vec's exact search and LanceDB, group commit on a slow disk, imports.

Vectors are real embeddings of the corpus texts, each with copies under seeded noise until there are enough; queries are
real texts that were left out. All sides run in turn in the same minutes on the same rows. ``--quick`` is for trying it out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import apsw
import numpy as np
import psutil

from a3x.clock import SystemClock
from a3x.disk import RealDisk
from a3x.errors import StorageFull
from a3x.memory.index import FOLDER, Index
from a3x.memory.transfer import Importer
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.fakes import SlowDisk
from a3x.stores.vectors import Space, Vectors
from a3x.types import Experience
from benchmarks.support.paired import Budget, Ratio, interleaved, of_quantiles, of_sums, ratio, write_evidence
from benchmarks.support.peers import Lance
from benchmarks.support.vectors import Floats, copies, embeddings

T = TypeVar("T")

SPACE = Space("b" * 64)
PLAIN = Experience("", "user:local", "chat", "what is kept of an answer? " * 30, 1.0, "completed", "this " * 120)
LIMIT = 10
PARTS = ("logging", "import", "search", "peer")
BYTES_A_VECTOR = 6 << 10
"""Disk that a bench of the search takes, with its database, log and index file."""


def main(arguments: Sequence[str]) -> int:
    """Print every figure with its verdict. 1 if one is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.perf.memory", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, a minute or two in all")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--folder", type=Path, help="where databases and cached embeddings go, else the system's")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where `pip install --target` put lancedb")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the evidence there")
    given = parser.parse_args(arguments)
    scratch = given.folder or Path(tempfile.gettempdir())
    parts: dict[str, Callable[[Path], list[Ratio]]] = {
        "logging": lambda folder: logging(folder, *((20, 2) if given.quick else (100, 5))),
        "import": lambda folder: importing(folder, *((5_000, 2) if given.quick else (20_000, 5))),
        "search": lambda folder: search(
            folder, scratch, *((30_000, 400, 20) if given.quick else (1_000_000, 20_000, 100))
        ),
        "peer": lambda folder: peer(
            folder, scratch, given.peers, *((10_000, 400, 20) if given.quick else (100_000, 20_000, 200))
        ),
    }
    found: list[Ratio] = []
    for name in given.only:
        with tempfile.TemporaryDirectory(prefix="a3x-bench-", dir=scratch) as folder:
            for figure in parts[name](Path(folder)):
                print(figure.line(), flush=True)
                found.append(figure)
    if given.json:
        write_evidence(given.json, "memory", found, {"quick": given.quick, "parts": list(given.only)})
    return int(any(figure.verdict == "missed" for figure in found))


# --- searching -------------------------------------------------------------------------------------------------------


def search(folder: Path, scratch: Path, count: int, real: int, asked: int) -> list[Ratio]:
    """Our index against sqlite-vec's exact search over the same rows; both are asked each question, in turn."""
    require_room(folder, count)
    queries, texts = questions(scratch, real, asked)
    with Database(folder / "a3x.db", RealDisk(), SystemClock()) as db:
        fill(db, texts, count)
        index = built(db, count)
        exact = Vectors(db)
        before = psutil.Process().memory_info().rss
        index.near(SPACE, queries[0], LIMIT)  # reads and checks the file
        seconds, hits = [], []
        for query in queries:
            theirs_s, true = timed(lambda query=query: {one.seq for one in exact.nearest(SPACE, query, LIMIT)})
            ours_s, near = timed(lambda query=query: {one.seq for one in index.near(SPACE, query, LIMIT)})
            seconds.append((theirs_s, ours_s))
            hits.append((float(len(near & true)), float(len(true))))
        held = (psutil.Process().memory_info().rss - before) / 2**20
    print(f"    searching holds {held:.0f} MiB more than before, the mapped index file among it")
    for name, side in zip(("sqlite-vec exact", "our index"), zip(*seconds, strict=True), strict=True):
        print(f"    {name:18} p50 {1e3 * np.quantile(side, 0.5):8.2f} ms   p99 {1e3 * np.quantile(side, 0.99):8.2f} ms")
    at = f"{count} vectors"
    return [
        of_sums(f"recall@{LIMIT} at {at}", hits, "found", Budget("at least", 0.95)),
        of_quantiles(f"p50, sqlite-vec exact ÷ index, {at}", seconds, 0.5, "s", at_a_million(count, 50.0)),
        of_quantiles(f"p99, sqlite-vec exact ÷ index, {at}", seconds, 0.99, "s", at_a_million(count, 10.0)),
    ]


def at_a_million(count: int, limit: float) -> Budget | None:
    """The budgets against exact search are for a million vectors: exact search is linear in their number."""
    return Budget("at least", limit) if count >= 1_000_000 else None


def require_room(folder: Path, count: int) -> None:
    """StorageFull if the disk cannot hold the databases of ``count`` vectors."""
    free, wanted = shutil.disk_usage(folder).free, count * BYTES_A_VECTOR
    if free < wanted:
        raise StorageFull(f"{folder} has {free >> 20} MiB free and {wanted >> 20} are wanted; give another --folder")


def questions(scratch: Path, real: int, asked: int) -> tuple[Floats, Floats]:
    """Embeddings to ask with, and other ones to search among."""
    base = embeddings(real + asked, scratch / "a3x-bench-vectors.npy")
    return base[:asked], base[asked:]


def built(db: Database, count: int) -> Index:
    """The index over what is there, made by its child; says what that cost."""
    index = Index(Vectors(db), db.path, SystemClock(), exact_up_to=1_000)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    seconds, made = timed(lambda: asyncio.run(index.refresh(SPACE)))
    if not made:
        raise SystemExit("no index was built; its reason is in the log above")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # of all children so far, KiB
    child = f"by a child of {peak / 1024:.0f} MiB" if peak > before else "by a child"
    size = sum(path.stat().st_size for path in (db.path.parent / FOLDER).iterdir())
    print(
        f"    index of {count} vectors: built in {seconds:.1f} s {child}, "
        f"file {size / 2**20:.0f} MiB, database {db.path.stat().st_size / 2**20:.0f} MiB"
    )
    return index


def fill(db: Database, texts: Floats, count: int) -> None:
    """Rows and vectors straight into the tables: this is about searching them."""
    asyncio.run(Experiences(db).add(replace(PLAIN, id="0", this="t", if_ok="a")))
    names = [str(row[1]) for row in db.read(lambda c: c.execute("PRAGMA table_info(experience)").fetchall())]
    rest = ", ".join(f'"{name}"' for name in names if name not in ("seq", "id"))
    copy = f"INSERT INTO experience (seq, id, {rest}) SELECT ?1, ?1, {rest} FROM experience WHERE id = '0'"
    put = "INSERT INTO vector (seq, part, embedder_sha256, text_sha256, floats) VALUES (?, 'combined', ?, ?, ?)"
    seq = 2
    for rows in copies(texts, count):
        numbers = range(seq, seq + len(rows))
        values = [(n, SPACE.embedder_sha256, str(n), row.tobytes()) for n, row in zip(numbers, rows, strict=True)]

        def job(connection: apsw.Connection, numbers: range = numbers, values: list = values) -> None:
            connection.executemany(copy, [(n,) for n in numbers]).fetchall()
            connection.executemany(put, values).fetchall()

        db.write(job).result()
        seq += len(rows)


def timed(job: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = job()
    return time.perf_counter() - began, result


# --- a peer ----------------------------------------------------------------------------------------------------------


def peer(folder: Path, scratch: Path, peers: Path | None, count: int, real: int, asked: int) -> list[Ratio]:
    """Our index against LanceDB's on the same rows; the truth comes from comparing all of them with numpy."""
    lance = Lance.found(peers, folder / "lance")
    if isinstance(lance, str):
        print(f"    LanceDB is left out: {lance}")
        return []
    queries, texts = questions(scratch, real, asked)
    rows = np.concatenate(list(copies(texts, count)))
    print(f"    {lance.name}: {count} vectors stored and indexed in {timed(lambda: lance.fill(rows))[0]:.1f} s")
    seconds, ours_hits, lance_hits = [], [], []
    with Database(folder / "a3x.db", RealDisk(), SystemClock()) as db:
        took, _ = timed(lambda: fill(db, texts, count))
        print(f"    A³X: {count} vectors with their spans and words stored in {took:.1f} s")
        index = built(db, count)
        for search_one in (lambda: index.near(SPACE, queries[0], LIMIT), lambda: lance.near(queries[0], LIMIT)):
            search_one()
        for query in queries:
            true = set(np.argsort(-(rows @ query))[:LIMIT].tolist())
            theirs_s, theirs = timed(lambda query=query: set(lance.near(query, LIMIT)))
            ours_s, ours = timed(lambda query=query: {one.seq - 2 for one in index.near(SPACE, query, LIMIT)})
            seconds.append((theirs_s, ours_s))
            ours_hits.append((float(len(ours & true)), float(LIMIT)))
            lance_hits.append((float(len(theirs & true)), float(LIMIT)))
    at = f"{count} vectors"
    return [
        of_sums(f"recall@{LIMIT} of our index, {at}", ours_hits, "found", Budget("at least", 0.95)),
        of_sums(f"recall@{LIMIT} of {lance.name}, {at}", lance_hits, "found"),
        of_quantiles(f"p50, {lance.name} ÷ our index, {at}", seconds, 0.5, "s"),
        of_quantiles(f"p99, {lance.name} ÷ our index, {at}", seconds, 0.99, "s"),
    ]


# --- writing ---------------------------------------------------------------------------------------------------------


def logging(folder: Path, rows: int, rounds: int) -> list[Ratio]:
    """Rows a second with 5 ms syncs: 16 and 64 writers together against one commit a row."""
    with SlowDisk(0.005) as disk, Database(folder / "a3x.db", disk, SystemClock()) as db:
        store = Experiences(db)
        begun = 0

        async def write(writer: str) -> None:
            for n in range(rows):
                await store.add(replace(PLAIN, id=f"{writer}-{n}"))

        async def together(writers: int) -> None:
            await asyncio.gather(*(write(f"{begun}.{writer}") for writer in range(writers)))

        def rate(writers: int) -> float:
            nonlocal begun
            begun += 1
            return writers * rows / timed(lambda: asyncio.run(together(writers)))[0]

        return [
            ratio(
                f"rows/s with 5 ms syncs, {writers} writers ÷ one commit a row",
                interleaved(lambda writers=writers: rate(writers), lambda: rate(1), rounds),
                "rows/s",
                Budget("at least", limit),
            )
            for writers, limit in ((16, 8.0), (64, 20.0))
        ]


def importing(folder: Path, count: int, rounds: int) -> list[Ratio]:
    """Lines a second into a store on this disk, redaction included, in the batches of ``a3x memory import``."""
    span = {"who": "w", "did": "chat", "when": "2024-05-01T10:00:00Z", "status": "completed"}
    span |= {"this": PLAIN.this, "if_ok": PLAIN.if_ok}
    size = len(json.dumps({"id": "i0.0", **span}))
    rates = []
    with Database(folder / "a3x.db", RealDisk(), SystemClock()) as db:
        for turn in range(rounds):
            lines = [(n, json.dumps({"id": f"i{turn}.{n}", **span}).encode()) for n in range(count)]

            async def take(lines: list[tuple[int, bytes]] = lines) -> None:
                for at in range(0, count, 1000):
                    await Importer(db).take(lines[at : at + 1000])

            rates.append((count / timed(lambda take=take: asyncio.run(take()))[0], 1.0))
        stored = Experiences(db).count()
    if stored != count * rounds:
        raise SystemExit(f"{stored} of {count * rounds} spans are there")
    return [ratio(f"import of spans of {size} bytes, redacted", rates, "spans/s", Budget("at least", 5_000.0))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
