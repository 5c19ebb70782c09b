"""Embeds what was recorded, in the background, has it placed on the map, and keeps the index fresh. Waits for answers, never
makes one wait.

The queue is in SQLite: a span without a vector of today's embedder is still to be done, whatever happened before.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from a3x.engine.embedding import TextEmbedder
from a3x.errors import A3XError, NotFound, Overloaded
from a3x.memory.index import Index
from a3x.stores.vectors import Floats, NewVector, Part, Pending, Space, Vectors

log = logging.getLogger(__name__)

BATCH = 16
PAUSE_S = 0.02
"""Between batches: what serves answers goes first."""
SETTLE_S = 1.0
"""Waited after a recording, so that a conversation's spans come together, and until nobody has been answered for so long."""
PATIENCE_S = 30.0
"""A batch goes ahead after so long in any case: where there is never quiet, the memory still grows."""
RETRY_S = 60.0


class Mapper(Protocol):
    """Who places questions on the map; ``memory.prioritiser.Prioritiser`` is the real one."""

    async def embedded(self, id: str, vector: Floats, embedder_sha256: str) -> None:
        """NotFound if the span is gone."""
        ...

    async def review(self) -> int:
        """Called when all that waited has its place."""
        ...


class Indexer:
    """One task. ``wake`` it after storing; it sleeps, without ticking, when there is nothing to do.

    ``quiet_s`` says for how long nobody has been answered.
    """

    def __init__(
        self,
        vectors: Vectors,
        embedder: TextEmbedder,
        index: Index,
        mapper: Mapper,
        quiet_s: Callable[[], float] = lambda: math.inf,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._vectors = vectors
        self._embedder = embedder
        self._index = index
        self._mapper = mapper
        self._quiet_s = quiet_s
        self._settle_s = settle_s
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._done_up_to: dict[str, int] = {}
        self._counters: dict[str, Any] = {"embedded": 0, "cached": 0, "passed_over": 0, "waits_for": None}

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._live())
        self.wake()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        """There is something new."""
        self._woken.set()

    def status(self) -> Mapping[str, Any]:
        return dict(self._counters)

    async def _live(self) -> None:
        while True:
            await self._woken.wait()
            await asyncio.sleep(self._settle_s)
            self._woken.clear()
            try:
                await self.catch_up()
                self._counters["waits_for"] = None
            except A3XError as error:
                if self._counters["waits_for"] != error.message:
                    log.info("search by meaning waits: %s", error.message)
                self._counters["waits_for"] = error.message
                asyncio.get_running_loop().call_later(RETRY_S, self.wake)

    async def catch_up(self) -> None:
        """Embed everything that waits, then refresh the index. NotReady and its kin while there is no embedder."""
        if not await asyncio.to_thread(self._vectors.pending, "", 0, 1) and not self._done_up_to:
            return  # an empty memory: nothing to load an embedder for
        sha256 = (await self._embedder.info()).sha256
        while batch := await asyncio.to_thread(self._vectors.pending, sha256, self._done_up_to.get(sha256, 0), BATCH):
            await self._quiet()
            await self._embed(sha256, batch)
            self._done_up_to[sha256] = batch[-1].seq
            await asyncio.sleep(PAUSE_S)
        await self._place(sha256)
        await self._index.refresh(Space(sha256))

    async def _quiet(self) -> None:
        """Embedding takes a core that an answer under way wants."""
        waited = 0.0
        while waited < PATIENCE_S and (left := self._settle_s - self._quiet_s()) > 0:
            await asyncio.sleep(max(left, PAUSE_S))
            waited += max(left, PAUSE_S)

    async def _place(self, sha256: str) -> None:
        """Put on the map what is not on it: new questions, and all of them after a crash or when the map was forgotten."""
        placed_up_to = 0
        while batch := await asyncio.to_thread(self._vectors.unplaced, sha256, placed_up_to, BATCH):
            for one in batch:
                with contextlib.suppress(NotFound):  # forgotten meanwhile
                    await self._mapper.embedded(one.id, one.floats, sha256)
            placed_up_to = batch[-1].seq
            await asyncio.sleep(PAUSE_S)
        if placed_up_to:
            await self._mapper.review()

    async def _embed(self, sha256: str, batch: Sequence[Pending]) -> None:
        texts: dict[tuple[int, Part], str] = {
            (one.seq, part): text for one in batch for part, text in parts_of(one.this, one.if_ok).items()
        }
        hashes = {key: text_sha256(text) for key, text in texts.items()}
        rows = await asyncio.to_thread(self._vectors.cached, sha256, list(set(hashes.values())))
        self._counters["cached"] += len(rows)
        unseen = {hashes[key]: text for key, text in texts.items() if hashes[key] not in rows}
        rows.update(await self._rows(unseen))
        new = [NewVector(*key, hashes[key], rows[hashes[key]]) for key in texts if hashes[key] in rows]
        await self._vectors.put(sha256, new)

    async def _rows(self, texts: Mapping[str, str]) -> dict[str, np.ndarray]:
        """Vectors by text hash; a text that the embedder refuses is passed over, alone."""
        try:
            made = (await self._embedder.embed(list(texts.values()))).vectors
        except Overloaded:
            raise
        except A3XError as error:
            if len(texts) > 1:
                return {hash: row for one in texts.items() for hash, row in (await self._rows(dict([one]))).items()}
            await self._embedder.info()  # is it the embedder rather than the text?
            self._counters["passed_over"] += 1
            log.warning("a text could not be embedded and is found by words only: %s", error.message)
            return {}
        self._counters["embedded"] += len(texts)
        return dict(zip(texts, made, strict=True))


def parts_of(this: str, if_ok: str) -> dict[Part, str]:
    """What is embedded of a span: the question alone, and question and answer together. Empty texts are none."""
    combined = "\n".join(text for text in (this, if_ok) if text)
    texts: dict[Part, str] = {"query": this, "combined": combined}
    return {part: text for part, text in texts.items() if text}


def text_sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
