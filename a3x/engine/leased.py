"""An engine that asks for the card before it answers. Who has the card is ``hardware.lease``'s business."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from a3x.engine.sleeping import Loadable
from a3x.hardware.lease import Lease
from a3x.types import Completion, Encoded, Generation, Message, Mix, ModelInfo, Piece, RawPrompt, TokenLogprob


class LoadableEngine(Loadable, Protocol):
    """What the daemon runs: an engine that can also leave memory for a while."""

    async def release(self) -> None:
        """Leave memory; the next request brings it back."""
        ...


class LeasedEngine:
    """Every request holds the card for serving, which calls a trainer back that has it."""

    def __init__(self, engine: LoadableEngine, lease: Lease) -> None:
        self._engine = engine
        self._lease = lease

    @property
    def info(self) -> ModelInfo:
        return self._engine.info

    async def start(self) -> ModelInfo:
        return await self._engine.start()

    async def close(self) -> None:
        await self._engine.close()

    async def release(self) -> None:
        await self._engine.release()

    async def generate(self, request: Generation) -> AsyncGenerator[Piece | Completion, None]:
        async with self._lease.serving(), aclosing(self._engine.generate(request)) as items:
            async for item in items:
                yield item

    async def score(self, prompt: RawPrompt, mix: Mix, top: int) -> tuple[TokenLogprob, ...]:
        async with self._lease.serving():
            return await self._engine.score(prompt, mix, top)

    async def tokenize(self, text: str, begin: bool) -> list[int]:
        async with self._lease.serving():
            return await self._engine.tokenize(text, begin)

    async def detokenize(self, tokens: Sequence[int]) -> str:
        async with self._lease.serving():
            return await self._engine.detokenize(tokens)

    def vocabulary(self) -> Mapping[str, Any]:
        return self._engine.vocabulary()

    async def encode(self, conversations: Sequence[tuple[Message, ...]]) -> list[Encoded]:
        async with self._lease.serving():
            return await self._engine.encode(conversations)

    async def drop_adapter(self, sha256: str) -> None:
        await self._engine.drop_adapter(sha256)

    def status(self) -> Mapping[str, Any]:
        return {**self._engine.status(), "lease": self._lease.status()}
