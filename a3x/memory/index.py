"""Nearest vectors, fast: exact while there are few, then FAISS for candidates that are scored again from SQLite.

The index file is a cache: hash-checked before it is read (a hostile one corrupts memory, facebookresearch/faiss#5400),
rebuilt in a child from SQLite when it is missing, wrong, void or too old. FAISS is imported when there is a file to read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from pathlib import Path
from typing import Any

from a3x import child
from a3x.disk import file_sha256, make_folder, sync_folder
from a3x.stores.filters import EVERYTHING, Filter
from a3x.stores.vectors import Floats, IndexFile, Near, Space, Vectors
from a3x.types import Clock

log = logging.getLogger(__name__)

FOLDER = "index"
EXACT_UP_TO = 20_000
"""Vectors that are looked at one by one; also how many new ones an index may lack, if that is more than a tenth."""
PROBED_LISTS = 64
CANDIDATES = 40
"""Scored again exactly, at least; the index knows 8 bits of every number."""
FILTERED_CANDIDATES = 400
BUILD_LIMIT_S = 4 * 3600.0


class Index:
    """The index files of one home. ``near`` blocks and may be called from any thread, ``refresh`` by one task."""

    def __init__(self, vectors: Vectors, database: Path, clock: Clock, exact_up_to: int = EXACT_UP_TO) -> None:
        self._vectors = vectors
        self._database = database
        self._folder = database.parent / FOLDER
        self._clock = clock
        self._exact_up_to = exact_up_to
        self._loaded: dict[Space, tuple[IndexFile, Any]] = {}

    def near(self, space: Space, query: Floats, limit: int, only: Filter = EVERYTHING) -> list[Near]:
        """The closest spans, best first. ``query`` float32[dimensions] of length 1."""
        made = self._vectors.index(space)
        index = self._load(space, made)
        if made is None or index is None:
            return self._vectors.nearest(space, query, limit, only)
        filtered = only != EVERYTHING
        wanted = max(4 * limit, FILTERED_CANDIDATES if filtered else CANDIDATES)
        near = self._vectors.rescore(space, _candidates(index, query, wanted), query, only)
        if filtered and len(near) < limit:  # a narrow filter: few vectors pass it, and those can be looked at
            return self._vectors.nearest(space, query, limit, only)
        near += self._vectors.nearest(space, query, limit, only, after_number=made.through)
        return sorted(near, key=lambda one: (-one.similarity, -one.seq))[:limit]

    async def refresh(self, space: Space) -> bool:
        """Build the index anew if it is due, and sweep the folder; whether one was built."""
        made = self._vectors.index(space)
        usable = await asyncio.to_thread(self._load, space, made) is not None
        vectors = await asyncio.to_thread(self._vectors.count, space)
        held = made.vectors if made is not None and usable else 0
        due = vectors - held > max(self._exact_up_to, held // 10)
        if due:
            await self._build(space, vectors)
        self.sweep()
        return due

    def sweep(self) -> None:
        """Remove files that may not be used (any more): call it after deleting spans."""
        if not self._folder.is_dir():
            return
        used = self._vectors.index_files()
        for path in self._folder.iterdir():
            if path.name not in used:
                path.unlink(missing_ok=True)
        sync_folder(self._folder)

    async def _build(self, space: Space, vectors: int) -> None:
        file = f"{space.part}-{secrets.token_hex(8)}.faiss"
        make_folder(self._folder)
        arguments = (str(self._database), space.embedder_sha256, space.part, str(self._folder / file), str(vectors))
        began = self._clock.monotonic()
        ended = await asyncio.to_thread(child.run, "a3x.memory.index_child", *arguments, limit_s=BUILD_LIMIT_S)
        if ended.code != 0:
            log.warning("the index could not be built, search stays exact and slow: %s", ended.reason)
            return
        made = IndexFile(file=file, built=self._clock.now(), **json.loads(ended.said.strip().splitlines()[-1]))
        if await self._vectors.set_index(space, made):
            log.info("index of %d vectors built in %.1f s", made.vectors, self._clock.monotonic() - began)

    def _load(self, space: Space, made: IndexFile | None) -> Any:
        """The FAISS index, or None if there is none that may be read."""
        kept = self._loaded.get(space)
        if made is None or (kept and kept[0] != made):
            self._loaded.pop(space, None)
            kept = None
        if made is None or kept is not None:
            return kept[1] if kept else None
        path = self._folder / made.file
        if not path.is_file() or file_sha256(path) != made.sha256:
            return None
        import faiss

        faiss.omp_set_num_threads(1)
        index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        index.nprobe = PROBED_LISTS
        self._loaded[space] = (made, index)
        return index


def _candidates(index: Any, query: Floats, count: int) -> list[int]:
    _, numbers = index.search(query[None, :], count)
    return [int(number) for number in numbers[0] if number >= 0]
