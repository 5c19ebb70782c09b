"""A question is embedded once, however many look for what is near it at the same time. Knows no memory and no model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from a3x.engine.embedding import Embedded, EmbedderInfo, EmbedInput, TextEmbedder


class Asked:
    """The embedder of those who look for something: see ``TextEmbedder``."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self._under_way: dict[tuple[EmbedInput, bool], asyncio.Task[Embedded]] = {}

    @property
    def installed(self) -> bool:
        return self._embedder.installed

    async def info(self) -> EmbedderInfo:
        return await self._embedder.info()

    async def embed(self, inputs: Sequence[EmbedInput], truncate: bool = True) -> Embedded:
        """Of one text that is being embedded already the result is shared; who stops waiting stops nobody else."""
        if len(inputs) != 1 or not isinstance(inputs[0], str):
            return await self._embedder.embed(inputs, truncate)
        key = inputs[0], truncate
        if key not in self._under_way:
            task = self._under_way[key] = asyncio.create_task(self._embed(inputs, truncate))
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(self._under_way[key])

    def status(self) -> Mapping[str, Any]:
        return self._embedder.status()

    async def _embed(self, inputs: Sequence[EmbedInput], truncate: bool) -> Embedded:
        return await self._embedder.embed(inputs, truncate)

    def _forget(self, key: tuple[EmbedInput, bool], done: asyncio.Task[Embedded]) -> None:
        del self._under_way[key]
        if not done.cancelled():
            done.exception()  # seen, even if nobody waits for it any more
