"""A batcher on paper: contexts are lists, time moves when it is looked at, and what is heard is read from the outbox."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from a3x.engine.batcher import BURST_S, Batcher
from a3x.engine.burst import Flag
from a3x.engine.contexts import Residents
from a3x.engine.paper import PaperAdapter, PaperContext, PaperSampler, PaperSpeech, Remembered, next_token
from a3x.engine.plan import Plan
from a3x.engine.score import Scoring
from a3x.engine.speculate import Speculation, Wish
from a3x.engine.streams import Draws, Item, Mailbox, Outbox, Stream
from a3x.errors import EngineFailure
from a3x.types import BASE_MIX, Adapter, Completion, Generation, Message, Mix, Piece, Priority, Sampling

Follows = Callable[[Sequence[Remembered]], int]

LIMIT = 512


class HandClock:
    """Moves a tick whenever it is read: four of them are a burst."""

    def __init__(self) -> None:
        self.time = 0.0
        self.tick = BURST_S / 4

    def now(self) -> float:
        return self.monotonic()

    def monotonic(self) -> float:
        self.time += self.tick
        return self.time


class Unrung(Outbox):
    """Wakes no loop: what is in it is read directly."""

    def _wake(self, now: float) -> None:
        pass


class House:
    """A batcher on paper. Items are read from the outbox directly: no loop turns."""

    def __init__(
        self,
        adapters: Path,
        contexts: int = 2,
        sequences: int = 4,
        resident: int = 32,
        lookup: Wish = "auto",
        follows: Follows = next_token,
        obstacle: str | None = None,
        sampler: Callable[[], Draws] = PaperSampler,
        context: type[PaperContext] = PaperContext,
        brief: bool = False,
    ) -> None:
        self.clock = HandClock()
        self.outbox = Unrung(self.clock)
        self.knocking = Flag()
        self.no_memory_for_brief = False
        self.contexts: list[PaperContext] = []
        self.speculation = Speculation(lookup, obstacle)
        plan = Plan(
            LIMIT, sequences, contexts, resident, 1 << 20, 0, "f16", True, brief, (1,), max(64, sequences), (), ()
        )
        self.residents: Residents[PaperAdapter, PaperContext] = Residents("m", plan, self._open, PaperAdapter)
        self.batcher = Batcher(
            self.residents,
            PaperSpeech(),
            lambda _: sampler(),
            LIMIT,
            "m",
            self.clock,
            self.outbox,
            self.knocking,
            self.speculation,
        )
        self.heard: dict[Mailbox, list[Item]] = {}
        self._new_context = lambda: context(sequences, follows)
        self.adapters = []
        for number in range(3):
            path = adapters / f"{number}.gguf"
            path.write_bytes(bytes([number]))
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            self.adapters.append(Adapter("cli", number + 1, sha256, "b", path))
        a, b, c = self.adapters
        self.mixes = [BASE_MIX, Mix(((a, 1.0),)), Mix(((b, 1.0),)), Mix(((a, 0.5), (c, 1.0)))]

    def _open(self, brief: bool) -> PaperContext:
        if brief and self.no_memory_for_brief:
            raise EngineFailure("no memory")
        self.contexts.append(self._new_context())
        return self.contexts[-1]

    def ask(self, text: str, mix: Mix = BASE_MIX, tokens: int = 5, priority: Priority = "user", **more: Any) -> Stream:
        return self.put(
            Generation((Message("user", text),), mix, Sampling(max_tokens=tokens), priority=priority, **more)
        )

    def put(self, request: Generation) -> Stream:
        return self.submit(Stream(request, Mailbox(asyncio.new_event_loop()), self.clock.monotonic()))

    def score(self, text: str, mix: Mix = BASE_MIX) -> Stream:
        request = Generation((Message("user", text),), mix, priority="judging")
        return self.submit(Stream(request, Mailbox(asyncio.new_event_loop()), self.clock.monotonic(), Scoring(2)))

    def submit(self, stream: Stream) -> Stream:
        stream.mailbox.loop.close()
        self.batcher.submit(stream)
        return stream

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.batcher.step()
            self._listen()

    def run(self, most: int = 3000) -> None:
        for _ in range(most):
            if self.batcher.idle:
                self._listen()
                return
            self.step()
        raise AssertionError("the batcher does not come to an end")

    def end(self, stream: Stream) -> Item | None:
        """What ended a stream, if anything has."""
        self._listen()
        last = self.heard_of(stream)[-1:]
        return last[0] if last and not isinstance(last[0], Piece) else None

    def text(self, stream: Stream) -> str:
        end = self.end(stream)
        assert isinstance(end, Completion), end
        pieces = "".join(item.text for item in self.heard_of(stream) if isinstance(item, Piece))
        assert pieces == end.text
        return end.text

    def heard_of(self, stream: Stream) -> list[Item]:
        return self.heard.get(stream.mailbox, [])

    def _listen(self) -> None:
        self.outbox.flush()
        for mailbox, item in self.outbox.take():
            self.heard.setdefault(mailbox, []).append(item)

    @property
    def busy(self) -> int:
        return self.residents.sequences()["busy"]


def expected(text: str, mix: Mix, tokens: int, follows: Follows = next_token) -> str:
    """The answer by definition: all memory computed with the mix, in order."""
    label = "+".join(f"{adapter.path.name}:{scale}" for adapter, scale in mix.parts)
    memory = [(token, label) for token in text.encode()]
    answer = []
    for _ in range(tokens):
        answer.append(follows(memory))
        memory.append((answer[-1], label))
    return bytes(answer).decode()
