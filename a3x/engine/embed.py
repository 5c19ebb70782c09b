"""The embedder: one thread of its own that alone touches its llama.cpp context, loaded when first asked, freed when idle.

Texts of all waiting requests share batches, a text from each in turn, so a short question never waits for a long list.
Knows no HTTP and no stores; where the file is and whether it may be loaded is ``embedder_file``'s business.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from a3x.config import EmbedderSection
from a3x.disk import file_sha256
from a3x.engine.embedder_file import EmbedderFile
from a3x.engine.embedding import Embedded, EmbedderInfo, EmbedInput
from a3x.engine.encoder import Encoder
from a3x.engine.llama import last_log, start_backend
from a3x.errors import A3XError, BadRequest, EngineFailure, Overloaded, PromptTooLong


@dataclass
class _Job:
    """One request on its way: what is asked, its token ids once they are known, the rows that are done."""

    inputs: Sequence[EmbedInput]
    truncate: bool
    done: Future[Embedded] = field(default_factory=Future)
    ids: list[list[int]] = field(default_factory=list)
    truncated: list[bool] = field(default_factory=list)
    rows: list[NDArray[np.float32]] = field(default_factory=list)
    packed: int = 0
    abandoned: bool = False


class Embedder:
    """Serves one embedder file. ``close`` ends the thread; nothing runs and nothing is loaded before the first request."""

    def __init__(self, file: EmbedderFile, settings: EmbedderSection, queue_limit: int) -> None:
        self._file = file
        self._settings = settings
        self._queue_limit = queue_limit
        self._inbox: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._live, name="embedder", daemon=True)
        self._waiting = 0
        self._jobs: list[_Job] = []
        self._encoder: Encoder | None = None
        self._info: EmbedderInfo | None = None
        self._counters = {"texts": 0, "tokens": 0, "batches": 0, "loads": 0}

    # --- called from the asyncio thread ------------------------------------------------------------------------------

    @property
    def installed(self) -> bool:
        return self._file.installed

    async def info(self) -> EmbedderInfo:
        """Which embedder this is; loads it."""
        return (await self.embed(())).made_by

    async def embed(self, inputs: Sequence[EmbedInput], truncate: bool = True) -> Embedded:
        """Vectors of ``inputs``; see ``embedding.TextEmbedder`` for what it raises. Cancelling drops what is not computed."""
        if self._waiting >= self._queue_limit:
            raise Overloaded(f"{self._waiting} requests wait for the embedder; the limit is {self._queue_limit}")
        if not self._thread.is_alive():
            self._thread.start()
        job = _Job(tuple(inputs), truncate)
        self._waiting += 1
        self._inbox.put(job)
        try:
            return await asyncio.wrap_future(job.done)
        finally:
            job.abandoned = True
            self._waiting -= 1

    async def close(self) -> None:
        """Drop what waits and free everything."""
        if self._thread.is_alive():
            self._inbox.put(None)
            await asyncio.to_thread(self._thread.join)

    def status(self) -> Mapping[str, Any]:
        """Counters, and what is loaded."""
        info = self._info
        loaded = self._encoder is not None
        shown = {"name": info.name, "sha256": info.sha256, "dimensions": info.dimensions} if info else {}
        return {"installed": self.installed, "loaded": loaded, **shown, **self._counters, "waiting": self._waiting}

    # --- the embedder's thread ---------------------------------------------------------------------------------------

    def _live(self) -> None:
        while self._admit():
            try:
                self._step()
            except Exception as error:  # the supervisor of this thread: the asked-for texts are lost, the thread is not
                self._fail(error)
        self._fail(EngineFailure("the embedder is being closed"))
        self._unload()

    def _admit(self) -> bool:
        """Take in what has arrived, waiting for it when there is nothing to do; False when told to stop."""
        while True:
            try:
                job = self._inbox.get(block=not self._jobs, timeout=self._settings.idle_s if self._encoder else None)
            except queue.Empty:
                if self._jobs:
                    return True
                self._unload()
                continue
            if job is None:
                return False
            if job.done.set_running_or_notify_cancel():
                self._begin(job)

    def _begin(self, job: _Job) -> None:
        """Load if need be, tokenise, queue. What is wrong with one request never touches another."""
        try:
            encoder = self._load()
            for index, given in enumerate(job.inputs):
                ids, truncated = _ids(encoder, given, job.truncate, f"input[{index}]")
                job.ids.append(ids)
                job.truncated.append(truncated)
        except Exception as error:  # whatever a request or a file breaks is told to who asked
            job.done.set_exception(_told(error))
            return
        self._jobs.append(job)
        self._deliver()

    def _load(self) -> Encoder:
        if self._encoder is None:
            checked = self._file.checked()
            start_backend()
            settings = self._settings
            encoder = Encoder(checked.path, settings.threads, settings.max_tokens, checked.plain_kernels)
            sha256 = file_sha256(checked.path)
            self._info = EmbedderInfo(checked.path, sha256, encoder.name, encoder.dimensions, encoder.max_tokens)
            self._encoder = encoder
            self._counters["loads"] += 1
        return self._encoder

    def _unload(self) -> None:
        encoder, self._encoder = self._encoder, None
        if encoder is not None:
            encoder.close()

    def _step(self) -> None:
        """One batch: a text from each request in turn until it is full."""
        self._jobs = [job for job in self._jobs if not job.abandoned]
        if not self._jobs:
            return
        encoder = self._load()
        batch = self._pack(encoder)
        rows = encoder.encode([job.ids[index] for job, index in batch])
        for (job, _), row in zip(batch, rows, strict=True):
            job.rows.append(row)
        self._counters["batches"] += 1
        self._counters["texts"] += len(batch)
        self._counters["tokens"] += sum(len(job.ids[index]) for job, index in batch)
        self._deliver()

    def _pack(self, encoder: Encoder) -> list[tuple[_Job, int]]:
        batch: list[tuple[_Job, int]] = []
        tokens = 0
        waiting = list(self._jobs)
        while waiting:
            for job in list(waiting):
                if job.packed == len(job.ids) or not encoder.fits(len(batch) + 1, tokens + len(job.ids[job.packed])):
                    waiting.remove(job)
                    continue
                batch.append((job, job.packed))
                tokens += len(job.ids[job.packed])
                job.packed += 1
        self._jobs.append(self._jobs.pop(0))
        return batch

    def _deliver(self) -> None:
        """Hand over the requests that are complete."""
        assert self._info is not None
        for job in [job for job in self._jobs if len(job.rows) == len(job.ids)]:
            self._jobs.remove(job)
            vectors = np.stack(job.rows) if job.rows else np.empty((0, self._info.dimensions), np.float32)
            tokens = tuple(map(len, job.ids))
            job.done.set_result(Embedded(vectors, tokens, tuple(job.truncated), self._info))

    def _fail(self, error: Exception) -> None:
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            job.done.set_exception(_told(error))


def _ids(encoder: Encoder, given: EmbedInput, truncate: bool, where: str) -> tuple[list[int], bool]:
    """The token ids of one input, and whether some were left out."""
    if not given:
        raise BadRequest(f"{where} is empty", param="input")
    ids = encoder.tokenize(given) if isinstance(given, str) else list(given)
    if min(ids) < 0 or max(ids) >= encoder.vocab_size:
        raise BadRequest(f"{where} has a token id outside 0–{encoder.vocab_size - 1}", param="input")
    if len(ids) > encoder.max_tokens and not truncate:
        limit = encoder.max_tokens
        raise PromptTooLong(f"{where} is {len(ids)} tokens; the embedder takes {limit} of a text", param="input")
    return encoder.truncate(ids), len(ids) > encoder.max_tokens


def _told(error: Exception) -> A3XError:
    return error if isinstance(error, A3XError) else EngineFailure(f"{type(error).__name__}: {error} ({last_log()})")
