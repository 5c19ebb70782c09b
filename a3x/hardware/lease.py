"""Who owns the card: serving or training. The rules are a pure state machine; ``Lease`` lets coroutines wait on it.

Training gets the card only while no request is under way, and after serving has let go of it. A request that comes
while training has it calls the trainer back, and is served once the trainer is gone. Where serving and training do not
meet on a card the lease is shared: both have what they need, always.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from a3x.hardware.amd import Card
from a3x.types import Clock

Phase = Literal["serving", "yielding", "training", "returning"]
"""serving has it · serving is letting go · training has it · training was called back and is letting go"""
Event = Literal["request", "answered", "asked", "released", "withdrawn", "ended"]
"""A request comes or is over · training asks; serving let go, or could not · the trainer is gone"""


@dataclass(frozen=True)
class State:
    """``requests`` are under way or waiting for the card."""

    phase: Phase = "serving"
    requests: int = 0

    @property
    def may_serve(self) -> bool:
        return self.phase == "serving"

    @property
    def may_train(self) -> bool:
        return self.phase == "training"


def after(state: State, event: Event) -> State:
    """The state that follows. An event that means nothing in a state changes nothing."""
    requests, phase = state.requests, state.phase
    match event, phase:
        case "request", "training":
            return State("returning", requests + 1)
        case "request", _:
            return State(phase, requests + 1)
        case "answered", _:
            return replace(state, requests=max(0, requests - 1))
        case "asked", "serving" if requests == 0:
            return replace(state, phase="yielding")
        case "released", "yielding":
            return replace(state, phase="serving" if requests else "training")
        case "withdrawn", "yielding":
            return replace(state, phase="serving")
        case "ended", "training" | "returning":
            return replace(state, phase="serving")
    return state


def why_shared(cards: Sequence[Card], gpu_layers: int, torch: str | None) -> str:
    """Why serving and training do not meet on a card; empty where they do. ``torch`` is its version, None without it."""
    if not cards:
        return "there is no card"
    if gpu_layers == 0:
        return "engine.gpu_layers is 0: serving does not use the card"
    if torch is None:
        return "nothing trains here: the training extra is not installed"
    return "training computes on the processor: this torch is built without cards" if torch.endswith("+cpu") else ""


class Lease:
    """The one lease of a daemon. ``release`` makes serving let go of the card; ``shared`` says why nobody needs to."""

    def __init__(self, release: Callable[[], Awaitable[None]], clock: Clock, shared: str = "") -> None:
        self._release = release
        self._clock = clock
        self._shared = shared
        self._state = State()
        self._changed = asyncio.Event()
        self._recalled = asyncio.Event()
        self._asked_at = clock.monotonic()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Hold the card for one request; a trainer that has it is called back first."""
        self._apply("request")
        try:
            await self._until(lambda state: state.may_serve)
            yield
        finally:
            self._asked_at = self._clock.monotonic()
            self._apply("answered")

    @asynccontextmanager
    async def training(self) -> AsyncIterator[asyncio.Event]:
        """Hold the card for training, once no request is under way; the event is set when it must be given back."""
        self._recalled = recalled = asyncio.Event()
        if self._shared:
            yield recalled
            return
        while not self._state.may_train:
            await self._until(lambda state: state.may_serve and state.requests == 0)
            self._apply("asked")
            try:
                await self._release()
            except BaseException:
                self._apply("withdrawn")
                raise
            self._apply("released")
        try:
            yield recalled
        finally:
            self._apply("ended")

    def quiet_s(self) -> float:
        """Seconds since the last request was over; 0 while one is under way."""
        return 0.0 if self._state.requests else self._clock.monotonic() - self._asked_at

    def status(self) -> dict[str, Any]:
        """For /a3x/status."""
        if self._shared:
            return {"owner": "shared", "reason": self._shared}
        owner = "training" if self._state.phase in ("training", "returning") else "serving"
        return {"owner": owner, "phase": self._state.phase, "requests": self._state.requests}

    def _apply(self, event: Event) -> None:
        self._state = after(self._state, event)
        if self._state.phase == "returning":
            self._recalled.set()
        self._changed.set()
        self._changed = asyncio.Event()

    async def _until(self, holds: Callable[[State], bool]) -> None:
        while not holds(self._state):
            await self._changed.wait()
