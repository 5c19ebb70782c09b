"""Builds an index file over the vectors of one space: a program of its own, because it takes all the memory it wants.

``python -m a3x.memory.index_child DATABASE EMBEDDER_SHA256 PART FILE``; the last line of stderr is what it made, as JSON.
Reads in pages, so the daemon's log can be checkpointed meanwhile; a vector deleted while it reads is noticed by the
daemon, which counts again (``Vectors.set_index``).
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from a3x.clock import SystemClock
from a3x.disk import RealDisk, file_sha256, sync_file
from a3x.errors import A3XError
from a3x.stores.db import Database, open_readonly

PAGE = 8192
MAX_LISTS = 4096
TRAINING_A_LIST = 48
"""Vectors a list that k-means looks at; FAISS warns below 39."""
SQL = """
SELECT number, floats FROM vector
WHERE embedder_sha256 = ? AND part = ? AND number > ? AND number % ? = 0 ORDER BY number LIMIT ?
"""
Page = tuple[NDArray[np.int64], NDArray[np.float32]]


def pages(db: Database, embedder_sha256: str, part: str, every: int = 1) -> Iterator[Page]:
    """(numbers int64[n], vectors float32[n, dimensions]) in the order of the numbers; ``every`` k-th number only."""
    after = 0
    while True:
        values = (embedder_sha256, part, after, every, PAGE)
        rows = db.read(lambda connection, values=values: connection.execute(SQL, values).fetchall())
        if not rows:
            return
        numbers = np.array([row[0] for row in rows], np.int64)
        yield (
            numbers,
            np.frombuffer(b"".join(blob for _, blob in rows if isinstance(blob, bytes)), "<f4").reshape(len(rows), -1),
        )
        after = int(numbers[-1])


def build(db: Database, embedder_sha256: str, part: str, vectors: int) -> tuple[Any, int, int]:
    """An inverted-file index of 8-bit vectors, how many it holds and the last number."""
    import faiss

    lists = max(1, min(MAX_LISTS, int(4 * math.sqrt(vectors)), vectors // 39))
    every = max(1, vectors // (lists * TRAINING_A_LIST))
    sample = np.concatenate([rows for _, rows in pages(db, embedder_sha256, part, every)])
    dimensions = sample.shape[1]
    quantizer = faiss.IndexFlatIP(dimensions)
    kind = faiss.ScalarQuantizer.QT_8bit
    index = faiss.IndexIVFScalarQuantizer(quantizer, dimensions, lists, kind, faiss.METRIC_INNER_PRODUCT)
    index.train(sample)
    held, through = 0, 0
    for numbers, rows in pages(db, embedder_sha256, part):
        index.add_with_ids(rows, numbers)
        held, through = held + len(numbers), int(numbers[-1])
    return index, held, through


def main(arguments: list[str]) -> int:
    import faiss

    path, embedder_sha256, part, target, vectors = arguments
    os.nice(19)
    faiss.omp_set_num_threads(1)
    try:
        with open_readonly(Path(path), RealDisk(), SystemClock()) as db:
            index, held, through = build(db, embedder_sha256, part, int(vectors))
    except A3XError as error:
        print(error.message, file=sys.stderr)
        return 1
    faiss.write_index(index, target)
    sync_file(Path(target))
    print(json.dumps({"sha256": file_sha256(Path(target)), "vectors": held, "through": through}), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
