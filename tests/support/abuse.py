"""A child that stays (``a3x.child.Preloaded``): abuses a real engine on a tiny model, one case at a question, and says what
came of it. What kills llama.cpp kills this process, and who asked hears it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from a3x.child import Ended, serve
from a3x.clock import SystemClock
from a3x.config import EngineSection
from a3x.engine.scheduler import LlamaEngine
from a3x.errors import A3XError
from a3x.types import BASE_MIX, Adapter, Completion, Generation, Message, Mix, Piece, Sampling
from tests.support import tiny

HARMED = 2
QUEUE_LIMIT = 32
HUGE = 2**31 - 1


@dataclass(frozen=True)
class Bench:
    """A running engine, a good adapter for its model, and a folder for bad ones."""

    engine: LlamaEngine
    adapter: Adapter
    folder: Path

    async def ask(self, text: str = "hello", mix: Mix = BASE_MIX, **sampling: object) -> Completion:
        """One answer of at most eight tokens unless said otherwise."""
        how = Sampling(**{"max_tokens": 8, **sampling})  # type: ignore[arg-type]
        request = Generation((Message("user", text),), mix, how)
        return [item async for item in self.engine.generate(request) if isinstance(item, Completion)][-1]

    def scaled(self, scale: float) -> Mix:
        return Mix(((self.adapter, scale),))

    def with_file(self, data: bytes) -> Mix:
        """The mix of an adapter whose file is this, past all checks."""
        path = self.folder / f"{hashlib.sha256(data).hexdigest()}.gguf"
        path.write_bytes(data)
        return Mix(((Adapter("cli", 9, path.stem, self.adapter.base_sha256, path), 1.0),))


async def fill_the_context(bench: Bench) -> str:
    """Prompts of every length around the limit, each answered until there is no more room, or refused."""
    limit = bench.engine.info.context_tokens
    base = (await bench.ask("", max_tokens=1)).prompt_tokens
    ended: Counter[str] = Counter()
    for over in range(-66, 4):
        try:
            done = await bench.ask("9" * (limit - base + over), max_tokens=HUGE)
            ended["fits" if done.prompt_tokens + done.completion_tokens <= limit else "OVERFLOWS"] += 1
        except A3XError as error:
            ended[type(error).__name__] += 1
    return str(dict(ended))


async def stop_strings(bench: Bench) -> str:
    """A thousand that never come change nothing; a thousand and one that does stops there."""
    plain = await bench.ask(max_tokens=40)
    never = tuple(f"never {number} {'x' * (number % 50)}" for number in range(1000))
    same = await bench.ask(max_tokens=40, stop=never)
    stopped = await bench.ask(max_tokens=40, stop=(*never, plain.text[3:6]))
    return f"same {same.text == plain.text}, stopped {stopped.text == plain.text[: plain.text.index(plain.text[3:6])]}"


async def extreme_sampling(bench: Bench) -> str:
    rows = [
        {"temperature": 1e-30},
        {"temperature": 1e30},
        {"temperature": 1.0, "top_k": HUGE},
        {"temperature": 1.0, "top_p": 0.0},
        {"temperature": 1.0, "min_p": 1.0},
        {"temperature": 1.0, "seed": -(2**63)},
        {"temperature": 1.0, "seed": 2**63 - 1},
        {"max_tokens": 1},
    ]
    return " ".join([(await bench.ask(**row)).finish_reason for row in rows])


async def crowd_that_leaves(bench: Bench) -> str:
    """Three times as many as may wait, most of them gone before their end."""
    rng, ended = random.Random(1), Counter[str]()

    async def one(number: int) -> None:
        patience = rng.randrange(0, 12)
        request = Generation((Message("user", f"{number} hello " * rng.randrange(1, 9)),), sampling=Sampling())
        try:
            async with aclosing(bench.engine.generate(request)) as items:
                async for item in items:
                    patience -= isinstance(item, Piece)
                    if patience < 0:
                        ended["left"] += 1
                        return
            ended["answered"] += 1
        except A3XError as error:
            ended[type(error).__name__] += 1

    await asyncio.gather(*(one(number) for number in range(3 * QUEUE_LIMIT)))
    return str(dict(ended))


async def slow_listener(bench: Bench) -> str:
    """One who takes his time holds up nobody, and hears everything in the end."""
    request = Generation((Message("user", "hello"),), sampling=Sampling(max_tokens=200))
    heard, others = "", 0
    async with aclosing(bench.engine.generate(request)) as items:
        async for item in items:
            if isinstance(item, Completion):
                return f"whole {item.text == heard}, others {others > 0}"
            heard += item.text
            await bench.ask(max_tokens=2)
            others += 1
    return "no completion"


async def no_messages(bench: Bench) -> str:
    return (await bench.engine.generate(Generation(())).__anext__()).__class__.__name__


async def with_bytes(bench: Bench, data: bytes) -> str:
    return (await bench.ask(mix=bench.with_file(data))).finish_reason


def _good(bench: Bench) -> bytes:
    return bench.adapter.path.read_bytes()


CASES: dict[str, Callable[[Bench], Awaitable[object]]] = {
    "scale nan": lambda bench: bench.ask(mix=bench.scaled(float("nan"))),
    "scale inf": lambda bench: bench.ask(mix=bench.scaled(float("inf"))),
    "scale -inf": lambda bench: bench.ask(mix=bench.scaled(float("-inf"))),
    "scale huge": lambda bench: bench.ask(mix=bench.scaled(3e38)),
    "scale tiny": lambda bench: bench.ask(mix=bench.scaled(1e-45)),
    "scale beyond float32": lambda bench: bench.ask(mix=bench.scaled(1e300)),
    "adapter missing": lambda bench: bench.ask(
        mix=Mix(((Adapter("cli", 9, "0" * 64, "0" * 64, Path("/nowhere.gguf")), 1.0),))
    ),
    "adapter empty": lambda bench: with_bytes(bench, b""),
    "adapter cut in its header": lambda bench: with_bytes(bench, _good(bench)[:300]),
    "adapter cut in its numbers": lambda bench: with_bytes(bench, _good(bench)[:-500]),
    "adapter of another model": lambda bench: with_bytes(
        bench,
        tiny.write_adapter(
            bench.folder / "o.gguf", tiny.write_model(bench.folder / "other.gguf", width=128), 1
        ).read_bytes(),
    ),
    "adapter is a model": lambda bench: with_bytes(bench, bench.engine.info.path.read_bytes()),
    "context": fill_the_context,
    "a thousand stop strings": stop_strings,
    "extreme sampling": extreme_sampling,
    "a crowd that leaves": crowd_that_leaves,
    "a slow listener": slow_listener,
    "no messages": no_messages,
    "half a character": lambda bench: bench.ask("\ud800"),
    "our own marks": lambda bench: bench.ask("\ue0000\ue001 \ue00099\ue001 <|end|></s> {{ messages }} \x00"),
}


class Abuser:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory()
        self._bench: Bench | None = None
        self._first = ""

    def abuse(self, case: str) -> Ended:
        """0 with what came of it, HARMED if the engine answers otherwise than at first."""
        return self._loop.run_until_complete(self._abuse(case))

    async def _abuse(self, case: str) -> Ended:
        bench = self._bench = self._bench or await self._start()
        try:
            came = await CASES[case](bench)
            said = came if isinstance(came, str) else "answer"
        except A3XError as error:
            said = f"{type(error).__name__}: {error.message}"
        harmed = (await bench.ask(max_tokens=24)).raw != self._first
        return Ended(HARMED if harmed else 0, said)

    async def _start(self) -> Bench:
        folder = Path(self._folder.name)
        model = tiny.write_model(folder / "model.gguf")
        engine = LlamaEngine(model, EngineSection(threads=1), 1, SystemClock(), QUEUE_LIMIT)
        info = await engine.start()
        path = tiny.write_adapter(folder / "good.gguf", model, 1)
        adapter = Adapter("cli", 1, hashlib.sha256(path.read_bytes()).hexdigest(), info.sha256, path)
        bench = Bench(engine, adapter, folder)
        self._first = (await bench.ask(max_tokens=24)).raw
        return bench


if __name__ == "__main__":
    os.environ["GGML_NO_BACKTRACE"] = "1"  # a debugger at every abort takes seconds
    serve(Abuser().abuse)
