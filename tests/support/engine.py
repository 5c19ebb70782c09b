"""The real engine for the length of one coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from a3x import resources
from a3x.clock import SystemClock
from a3x.config import EngineSection
from a3x.engine.llama import Model, start_backend
from a3x.engine.scheduler import LlamaEngine

T = TypeVar("T")


@contextmanager
def seed_model() -> Iterator[Model]:
    """The embedded model as llama.cpp has it, on the processor."""
    start_backend()
    model = Model(resources.seed_model(), gpu_layers=0)
    yield model
    model.close()


def with_engine(model: Path, body: Callable[[LlamaEngine], Awaitable[T]], queue: int = 4096, **settings: Any) -> T:
    """What ``body`` returns, given a started engine of ``model`` with 2 threads, which is closed in any case."""

    async def run() -> T:
        engine = LlamaEngine(model, EngineSection(**settings), 2, SystemClock(), queue)
        await engine.start()
        try:
            return await body(engine)
        finally:
            await engine.close()

    return asyncio.run(run())
