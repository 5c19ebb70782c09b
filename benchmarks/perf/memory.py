"""The memory's budgets: recall against sqlite-vec's exact search, group commit on a slow disk, the rate of imports.

Vectors are real embeddings of the corpus texts, each with copies under seeded noise until there are enough; queries are
real texts that were left out. All sides run in the same minutes on the same rows. ``--quick`` is for trying it out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import apsw
import numpy as np

from a3x import resources
from a3x.clock import SystemClock
from a3x.config import load
from a3x.disk import RealDisk
from a3x.engine.embed import Embedder
from a3x.engine.embedder_file import EmbedderFile
from a3x.memory.index import Index
from a3x.memory.transfer import Importer
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.fakes import SlowDisk
from a3x.stores.vectors import Space, Vectors
from a3x.types import Experience

SPACE = Space("b" * 64)
PLAIN = Experience("", "user:local", "chat", "what is kept of an answer? " * 30, 1.0, "completed", "this " * 120)
NOISE = 0.35
"""Length of the noise added to a unit vector; copies of one text come out at a cosine of about 0.94."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, a minute in all")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "a3x-bench-vectors.npy")
    given = parser.parse_args()
    sizes = (30_000, 400, 20) if given.quick else (1_000_000, 20_000, 100)
    with tempfile.TemporaryDirectory(prefix="a3x-bench-") as folder:
        for part in (logging, importing):
            part(Path(folder), given.quick)
        recall(Path(folder), *sizes, given.cache)
    return 0


# --- recall ----------------------------------------------------------------------------------------------------------


def recall(folder: Path, count: int, real: int, asked: int, cache: Path) -> None:
    base = embeddings(real + asked, cache)
    queries, texts = base[:asked], base[asked:]
    with Database(folder / "recall" / "a3x.db", RealDisk(), SystemClock()) as db:
        fill(db, texts, count)
        index = Index(Vectors(db), db.path, SystemClock())
        began = time.perf_counter()
        assert asyncio.run(index.refresh(SPACE)), "nothing was built"
        print(f"index of {count} vectors built in {time.perf_counter() - began:.1f} s")
        ours, exact, hits = [], [], 0
        index.near(SPACE, queries[0], 10)
        for query in queries:
            began = time.perf_counter()
            near = {one.seq for one in index.near(SPACE, query, 10)}
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            true = {one.seq for one in Vectors(db).nearest(SPACE, query, 10)}
            exact.append(time.perf_counter() - began)
            hits += len(near & true)
    for name, seconds in (("index", ours), ("sqlite-vec exact", exact)):
        p50, p99 = (1e3 * value for value in np.quantile(seconds, (0.5, 0.99)))
        print(f"{name:18} p50 {p50:8.2f} ms   p99 {p99:8.2f} ms")
    ratio = float(np.median(exact) / np.median(ours))
    print(f"recall@10 {hits / (10 * len(queries)):.3f} (≥ 0.95), p50 {ratio:.1f} × faster (≥ 50 at 1 M)")


def embeddings(count: int, cache: Path) -> np.ndarray:
    """float32[count, 384] of different texts of the seed's replay corpus, kept in ``cache`` between runs."""
    if cache.is_file() and len(kept := np.load(cache, mmap_mode="r")) >= count:
        return np.array(kept[:count])
    texts = corpus(count)
    settings = load()
    embedder = Embedder(EmbedderFile(settings.embedder.model), settings.embedder, queue_limit=128)

    async def make() -> np.ndarray:
        parts = [(await embedder.embed(texts[at : at + 64])).vectors for at in range(0, len(texts), 64)]
        await embedder.close()
        return np.concatenate(parts)

    made = asyncio.run(make())
    np.save(cache, made)
    return made


def corpus(count: int) -> list[str]:
    with resources.path("models/seed/replay.jsonl").open() as lines:
        messages = [message["content"] for line in lines for message in json.loads(line)["messages"]]
    texts = list(dict.fromkeys(text for text in messages if text.strip()))
    for at in range(len(texts)):  # neighbours together are further texts
        if len(texts) >= count:
            break
        texts.append(f"{texts[at]} {texts[at + 1]}")
    return [texts[at] for at in np.random.default_rng(1).permutation(len(texts))[:count]]


def fill(db: Database, texts: np.ndarray, count: int) -> None:
    """Rows and vectors straight into the tables: this is about searching them."""
    chance = np.random.default_rng(2)
    asyncio.run(Experiences(db).add(replace(PLAIN, id="0", this="t", if_ok="a")))
    names = [str(row[1]) for row in db.read(lambda c: c.execute("PRAGMA table_info(experience)").fetchall())]
    rest = ", ".join(f'"{name}"' for name in names if name not in ("seq", "id"))
    copy = f"INSERT INTO experience (seq, id, {rest}) SELECT ?1, ?1, {rest} FROM experience WHERE id = '0'"
    put = "INSERT INTO vector (seq, part, embedder_sha256, text_sha256, floats) VALUES (?, 'combined', ?, ?, ?)"
    for start in range(2, count + 2, 5000):
        numbers = range(start, min(start + 5000, count + 2))
        rows = texts[chance.integers(0, len(texts), len(numbers))]
        noise = chance.normal(size=rows.shape).astype(np.float32)
        rows = rows + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        values = [(n, SPACE.embedder_sha256, str(n), row.tobytes()) for n, row in zip(numbers, rows, strict=True)]

        def job(connection: apsw.Connection, numbers: range = numbers, values: list = values) -> None:
            connection.executemany(copy, [(n,) for n in numbers]).fetchall()
            connection.executemany(put, values).fetchall()

        db.write(job).result()


# --- writing ---------------------------------------------------------------------------------------------------------


def logging(folder: Path, quick: bool) -> None:
    """Rows a second with 5 ms syncs: 16 and 64 writers together against one commit a row."""
    rows = 20 if quick else 100
    with SlowDisk(0.005) as disk, Database(folder / "log" / "a3x.db", disk, SystemClock()) as db:
        store = Experiences(db)

        async def write(writer: str) -> None:
            for n in range(rows):
                await store.add(replace(PLAIN, id=f"{writer}-{n}"))

        async def together(writers: int, turn: int) -> float:
            began = time.perf_counter()
            await asyncio.gather(*(write(f"{turn}.{writers}.{writer}") for writer in range(writers)))
            return writers * rows / (time.perf_counter() - began)

        for turn in range(2 if quick else 5):
            alone, some, many = (asyncio.run(together(writers, turn)) for writers in (1, 16, 64))
            print(
                f"rows/s: 1 writer {alone:.0f}, 16 {some:.0f} ({some / alone:.1f} ×), 64 {many:.0f} ({many / alone:.1f} ×)"
            )


def importing(folder: Path, quick: bool) -> None:
    """Lines a second into a store on this disk, in the batches of ``a3x memory import``."""
    count = 10_000 if quick else 100_000
    span = {"who": "w", "did": "chat", "when": "2024-05-01T10:00:00Z", "status": "completed"}
    span |= {"this": PLAIN.this, "if_ok": PLAIN.if_ok}
    lines = [(n, json.dumps({"id": f"i{n}", **span}).encode()) for n in range(count)]
    with Database(folder / "import" / "a3x.db", RealDisk(), SystemClock()) as db:
        began = time.perf_counter()
        for at in range(0, count, 1000):
            asyncio.run(Importer(db).take(lines[at : at + 1000]))
        wall_s = time.perf_counter() - began
        assert Experiences(db).count() == count
    print(f"import: {count / wall_s:.0f} spans/s of {len(lines[0][1])} bytes (≥ 5000)")


if __name__ == "__main__":
    sys.exit(main())
