"""An engine that leaves memory when nobody asks, and comes back with the next request. Knows no llama.cpp.

Requests that come while it is away share one load and wait for it; a load that fails is told to all of them, and the next
request tries again. No ticker: one timer, set when the last answer ends.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Literal, Protocol

import structlog

from a3x.errors import A3XError, NotReady
from a3x.hardware.process import give_memory_back, held_bytes
from a3x.types import (
    Clock,
    Completion,
    Encoded,
    Engine,
    Generation,
    Message,
    Mix,
    ModelInfo,
    Piece,
    RawPrompt,
    TokenLogprob,
)

COUNTERS = (
    *("answers", "failures", "prompt_tokens", "cached_tokens", "completion_tokens"),
    *("context_swaps", "prefix_hits", "busy_s", "computed_s"),
)
"""What an engine counts from its own start; here they are summed over all its lives."""
GONE: Mapping[str, Any] = {
    "adapters_resident": [],
    "mixes_resident": [],
    "sequences": dict.fromkeys(("total", "busy", "cached", "free"), 0),
    "queue": dict.fromkeys(("user", "agent", "judging"), 0),
}
"""What it has while it sleeps."""

log = structlog.get_logger("a3x.engine")


class Loadable(Engine, Protocol):
    """An engine that is loaded once and freed once."""

    async def start(self) -> ModelInfo: ...

    async def close(self) -> None: ...


class SleepingEngine:
    """``make`` builds an engine that is not loaded yet. ``idle_s`` 0 keeps it in memory for good. ``trim`` hands freed memory
    to the system, ``held`` tells how many bytes the process has.
    """

    def __init__(
        self,
        make: Callable[[], Loadable],
        idle_s: float,
        clock: Clock,
        trim: Callable[[], None] = give_memory_back,
        held: Callable[[], int | None] = held_bytes,
    ) -> None:
        self._make = make
        self._idle_s = idle_s
        self._clock = clock
        self._trim = trim
        self._held = held
        self._engine: Loadable | None = None
        self._info: ModelInfo | None = None
        self._vocabulary: Mapping[str, Any] | None = None
        self._door = asyncio.Lock()
        """Held while the engine is loaded or freed: never two of them in memory."""
        self._waking: asyncio.Task[Loadable] | None = None
        self._napping: asyncio.Task[bool] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._active = 0
        self._used = clock.monotonic()
        self._before = dict.fromkeys(COUNTERS, 0)
        self._last: Mapping[str, Any] = {}
        self._facts: dict[str, Any] = {"wakes": 0, "last_wake_s": None, "freed_bytes": None}

    # --- the daemon's side -------------------------------------------------------------------------------------------

    async def start(self) -> ModelInfo:
        """The first load, so that what cannot be served is told at once. Whatever the engine's own start raises."""
        async with self._door:
            self._engine = await self._load()
        self._rest()
        return self.info

    async def close(self) -> None:
        """Free it for good; what still runs is finished by the engine's own close."""
        self._stop_timer()
        for task in (self._waking, self._napping):
            if task is not None:
                with contextlib.suppress(A3XError):
                    await task
        await self._unload()

    async def release(self) -> None:
        """Leave memory now; the next request wakes it. The caller sees to it that no answer is under way."""
        self._stop_timer()
        if self._waking is not None:  # a load that nobody waits for any more
            await asyncio.wait((self._waking,))
        await self._unload()

    async def nap(self) -> bool:
        """Leave memory if nobody has asked for long enough; whether it did."""
        async with self._door:
            left = self._idle_s - (self._clock.monotonic() - self._used)
            if self._active or self._engine is None or left > 0:
                return False
            await self._free()
        return True

    # --- Engine ------------------------------------------------------------------------------------------------------

    @property
    def info(self) -> ModelInfo:
        if self._info is None:
            raise NotReady("the model is loading")
        return self._info

    async def generate(self, request: Generation) -> AsyncGenerator[Piece | Completion, None]:
        """The engine's own stream, after waking it. NotReady if it cannot be woken."""
        async with self._awake() as engine, aclosing(engine.generate(request)) as items:
            async for item in items:
                yield item

    async def score(self, prompt: RawPrompt, mix: Mix, top: int) -> tuple[TokenLogprob, ...]:
        async with self._awake() as engine:
            return await engine.score(prompt, mix, top)

    async def tokenize(self, text: str, begin: bool) -> list[int]:
        async with self._awake() as engine:
            return await engine.tokenize(text, begin)

    async def detokenize(self, tokens: Sequence[int]) -> str:
        async with self._awake() as engine:
            return await engine.detokenize(tokens)

    async def encode(self, conversations: Sequence[tuple[Message, ...]]) -> list[Encoded]:
        async with self._awake() as engine:
            return await engine.encode(conversations)

    def vocabulary(self) -> Mapping[str, Any]:
        """Known from the first load on, asleep too. NotReady before it."""
        if self._vocabulary is None:
            raise NotReady("the model is loading")
        return self._vocabulary

    async def drop_adapter(self, sha256: str) -> None:
        """Nothing is loaded while it sleeps, so there is nothing to drop then."""
        async with self._door:
            if self._engine is not None:
                await self._engine.drop_adapter(sha256)

    def status(self) -> Mapping[str, Any]:
        """The engine's own, its counters summed over its lives, and how it sleeps."""
        now = self._engine.status() if self._engine is not None else {**self._last, **GONE}
        lived = self._engine is not None
        counted = {name: round(self._before[name] + (now.get(name, 0) if lived else 0), 3) for name in COUNTERS}
        quiet_s = round(self._clock.monotonic() - self._used, 1)
        facts = {"state": self.state, "idle_unload_s": self._idle_s, "quiet_s": quiet_s, **self._facts}
        return {**now, **counted, "waiting": self._active, "sleep": facts}

    @property
    def state(self) -> Literal["awake", "waking", "asleep"]:
        if self._engine is not None:
            return "awake"
        return "waking" if self._waking is not None else "asleep"

    # --- waking and sleeping -----------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _awake(self) -> AsyncIterator[Loadable]:
        """The loaded engine, which stays so until the block ends."""
        self._active += 1
        self._stop_timer()
        try:
            yield await self._wake()
        finally:
            self._active -= 1
            self._used = self._clock.monotonic()
            self._rest()

    async def _wake(self) -> Loadable:
        if self._engine is not None:
            return self._engine
        if self._waking is None:
            self._waking = asyncio.create_task(self._come_back(), name="wake")
            self._waking.add_done_callback(_heard)
        return await asyncio.shield(self._waking)  # one asker that gives up must not end the load of the others

    async def _come_back(self) -> Loadable:
        try:
            async with self._door:
                if self._engine is None:
                    self._engine = await self._load()
                return self._engine
        except (A3XError, OSError) as error:
            log.warning("the model did not wake", reason=str(error))
            raise NotReady(f"the model could not be loaded again: {error}") from error
        finally:
            self._waking = None
            self._rest()

    async def _load(self) -> Loadable:
        began = self._clock.monotonic()
        engine = self._make()
        try:
            info = await engine.start()
            if self._info is not None and info.sha256 != self._info.sha256:
                raise NotReady(f"{info.path} is not the file it was; start the daemon anew to serve it")
        except BaseException:
            await engine.close()
            raise
        if self._info is not None:
            self._facts["wakes"] += 1
            self._facts["last_wake_s"] = round(self._clock.monotonic() - began, 3)
        self._info = info
        self._vocabulary = engine.vocabulary()
        return engine

    async def _unload(self) -> None:
        async with self._door:
            if self._engine is not None:
                await self._free()

    async def _free(self) -> None:
        """Inside the door, with an engine."""
        assert self._engine is not None
        engine, self._engine = self._engine, None
        self._last = engine.status()
        for name in COUNTERS:
            self._before[name] += self._last.get(name, 0)
        before = self._held()
        await engine.close()
        del engine
        self._trim()
        after = self._held()
        self._facts["freed_bytes"] = None if before is None or after is None else before - after
        log.info("the model left memory", freed_bytes=self._facts["freed_bytes"])

    def _rest(self) -> None:
        """Set the timer, if nobody is being answered."""
        self._stop_timer()
        if self._active == 0 and self._engine is not None and self._idle_s > 0:
            left = self._idle_s - (self._clock.monotonic() - self._used)
            self._timer = asyncio.get_running_loop().call_later(max(left, 0.001), self._doze)

    def _doze(self) -> None:
        self._napping = asyncio.create_task(self.nap(), name="nap")
        self._napping.add_done_callback(lambda _: self._rest())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _heard(task: asyncio.Task[Loadable]) -> None:
    """A failed load has been logged; if all its askers gave up, asyncio need not complain as well."""
    if not task.cancelled():
        task.exception()
