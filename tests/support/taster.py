"""A child that stays (``a3x.child.Preloaded``): answers once with an adapter, through the real engine. What it makes
llama.cpp do happens here, so an adapter that kills llama.cpp kills the taster. Asked with [base, adapter]."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from a3x.child import Ended, serve
from a3x.clock import SystemClock
from a3x.config import EngineSection
from a3x.engine.scheduler import LlamaEngine
from a3x.errors import A3XError
from a3x.types import BASE_MIX, Adapter, Completion, Generation, Message, Mix, Sampling

TOKENS = 4
UNHARMED_EVERY = 20
REFUSED, HARMED = 1, 2


class Taster:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._engine: LlamaEngine | None = None
        self._first = ""
        self._tasted = 0

    def taste(self, question: list[str]) -> Ended:
        """0 and the answer, REFUSED and the engine's reason, or HARMED if the base answers otherwise than at first."""
        return self._loop.run_until_complete(self._taste(*map(Path, question)))

    async def _taste(self, base: Path, path: Path) -> Ended:
        engine = self._engine
        if engine is None:
            self._engine = engine = LlamaEngine(base, EngineSection(threads=1), 1, SystemClock(), 8)
            await engine.start()
            self._first = await _ask(engine, BASE_MIX)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        adapter = Adapter("cli", 1, sha256, engine.info.sha256, path)
        try:
            ended = Ended(0, await _ask(engine, Mix(((adapter, 1.0),))))
        except A3XError as error:
            ended = Ended(REFUSED, error.message)
        await engine.drop_adapter(sha256)
        self._tasted += 1
        if self._tasted % UNHARMED_EVERY == 0 and await _ask(engine, BASE_MIX) != self._first:
            return Ended(HARMED, "the base answers otherwise than at first")
        return ended


async def _ask(engine: LlamaEngine, mix: Mix) -> str:
    request = Generation((Message("user", "hello"),), mix, Sampling(max_tokens=TOKENS))
    answers = [item async for item in engine.generate(request) if isinstance(item, Completion)]
    return answers[-1].raw


if __name__ == "__main__":
    os.environ["GGML_NO_BACKTRACE"] = "1"  # a debugger at every abort takes seconds
    serve(Taster().taste)
