"""Who has the card: the rules as a state machine, and coroutines that wait on it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.clock import HandClock
from a3x.engine.leased import LeasedEngine
from a3x.engine.scripted import ScriptedEngine
from a3x.errors import EngineFailure
from a3x.hardware.amd import Card
from a3x.hardware.lease import Event, Lease, State, after, why_shared
from a3x.learn.leased import LeasedTrainer
from a3x.types import Generation, Message, ModelInfo

EVENTS = st.lists(st.sampled_from(get_args(Event)), max_size=40)


def run(events: list[Event], step: Any = after) -> list[State]:
    states = [State()]
    for event in events:
        states.append(step(states[-1], event))
    return states


def safe(states: list[State], events: list[Event]) -> bool:
    """Never both at once; training begins only after serving let go, with no request under way, and ends for a request."""
    for before, event, now in zip(states[:-1], events, states[1:], strict=True):
        if now.may_train and not before.may_train and not (event == "released" and now.requests == 0):
            return False
        if now.may_train and now.requests:
            return False
        if now.may_serve and before.phase in ("training", "returning") and event != "ended":
            return False
        if now.requests < 0 or (now.may_serve and now.may_train):
            return False
    return True


@given(EVENTS)
def test_the_card_has_one_owner(events: list[Event]) -> None:
    assert safe(run(events), events)


@given(EVENTS)
def test_a_request_is_served_as_soon_as_the_other_side_lets_go(events: list[Event]) -> None:
    state = after(run(events)[-1], "request")
    assert state.phase != "training"
    for let_go in ("released", "ended"):
        state = after(state, let_go)
    assert state.may_serve


def test_a_machine_that_grants_on_asking_is_seen() -> None:
    """Negative control: training gets the card while serving still holds it."""

    def hasty(state: State, event: Event) -> State:
        return State("training", state.requests) if event == "asked" else after(state, event)

    events: list[Event] = ["request", "asked"]
    assert not safe(run(events, hasty), events)


def test_the_ways_round() -> None:
    assert [state.phase for state in run(["asked", "released", "request", "ended", "answered"])] == [
        *("serving", "yielding", "training", "returning", "serving", "serving"),
    ]
    assert run(["asked", "request", "released"])[-1] == State("serving", 1)
    assert run(["request", "asked"])[-1] == State("serving", 1)
    assert run(["asked", "withdrawn"])[-1] == State("serving", 0)


def test_the_lease_is_shared_unless_both_use_the_card() -> None:
    card = Card("card0", "1002:743f", "gfx1034", 4080 << 20, 0, 0, None)
    assert why_shared((), -1, "2.13.0+rocm7") == "there is no card"
    assert "gpu_layers is 0" in why_shared((card,), 0, "2.13.0+rocm7")
    assert "nothing trains" in why_shared((card,), -1, None)
    assert "on the processor" in why_shared((card,), -1, "2.13.0+cpu")
    assert why_shared((card,), -1, "2.13.0+rocm7") == ""


# --- waiting on it ---------------------------------------------------------------------------------------------------


class Engine(ScriptedEngine):
    async def start(self) -> ModelInfo:
        return self.info

    async def close(self) -> None: ...


class Trainer:
    """Trains for ``turns`` turns of the loop; told to stop, it ends at once, or not until it is killed."""

    def __init__(self, turns: int = 3, failure: Exception | None = None) -> None:
        self.turns, self.failure = turns, failure
        self.runs = self.stops = 0
        self.running = False
        self.held_while_serving = False
        self._told = asyncio.Event()

    async def run(self, directory: Path, report: Any) -> None:
        self.runs += 1
        self.running = True
        self._told.clear()
        try:
            while self.turns and not self._told.is_set():
                await asyncio.sleep(0)
                self.turns -= 1
            if self._told.is_set():
                raise EngineFailure("the trainer was told to stop")
            if self.failure:
                raise self.failure
        finally:
            self.running = False

    async def stop(self, grace_s: float) -> None:
        self.stops += 1
        self._told.set()


class House:
    def __init__(self, trainer: Trainer, shared: str = "") -> None:
        self.clock = HandClock()
        self.served_beside = False
        self.scripted = Engine(lambda request: self._note(trainer))
        self.lease = Lease(self.scripted.release, self.clock, shared)
        self.engine = LeasedEngine(self.scripted, self.lease)
        self.trainer = LeasedTrainer(trainer, self.lease, patience_s=0.0)

    def _note(self, trainer: Trainer) -> str:
        self.served_beside = trainer.running
        return "yes"

    async def ask(self) -> None:
        async for _ in self.engine.generate(Generation((Message("user", "hi"),))):
            pass


def test_training_takes_the_card_after_serving_let_go() -> None:
    async def body() -> None:
        trainer = Trainer()
        house = House(trainer)
        assert house.engine.status()["lease"]["owner"] == "serving"
        await house.trainer.run(Path(), lambda event: None)
        assert (house.scripted.released, trainer.runs, trainer.stops) == (1, 1, 0)
        assert house.lease.status() == {"owner": "serving", "phase": "serving", "requests": 0}

    asyncio.run(body())


def test_a_request_calls_the_trainer_back_and_it_goes_on_afterwards() -> None:
    async def body() -> None:
        trainer = Trainer(turns=10_000)
        house = House(trainer)
        events: list[Any] = []
        training = asyncio.create_task(house.trainer.run(Path(), events.append))
        while not trainer.running:
            await asyncio.sleep(0)
        assert house.lease.status()["owner"] == "training"
        await house.ask()
        assert not house.served_beside
        trainer.turns = 3
        await training
        assert (trainer.runs, trainer.stops) == (2, 1)
        assert [event["event"] for event in events] == ["yielded"]

    asyncio.run(asyncio.wait_for(body(), 10))


def test_where_nobody_meets_on_a_card_both_go_on() -> None:
    async def body() -> None:
        trainer = Trainer(turns=10_000)
        house = House(trainer, shared="there is no card")
        training = asyncio.create_task(house.trainer.run(Path(), lambda event: None))
        while not trainer.running:
            await asyncio.sleep(0)
        await house.ask()
        assert house.served_beside
        assert trainer.stops == house.scripted.released == 0
        assert house.lease.status() == {"owner": "shared", "reason": "there is no card"}
        training.cancel()
        with pytest.raises(asyncio.CancelledError):
            await training
        assert not trainer.running

    asyncio.run(asyncio.wait_for(body(), 10))


def test_a_trainer_that_fails_gives_the_card_back_and_its_reason() -> None:
    async def body() -> None:
        house = House(Trainer(failure=EngineFailure("diverged")))
        with pytest.raises(EngineFailure, match="diverged"):
            await house.trainer.run(Path(), lambda event: None)
        assert house.lease.status()["phase"] == "serving"

    asyncio.run(body())


def test_serving_that_cannot_let_go_keeps_the_card() -> None:
    async def body() -> None:
        async def stuck() -> None:
            raise EngineFailure("still busy")

        lease = Lease(stuck, HandClock())
        with pytest.raises(EngineFailure, match="still busy"):
            async with lease.training():
                raise AssertionError("granted")
        assert lease.status()["phase"] == "serving"

    asyncio.run(body())


def test_quiet_is_counted_from_the_end_of_the_last_request() -> None:
    async def body() -> None:
        clock = HandClock()
        lease = Lease(Engine(lambda request: "").release, clock)
        clock.advance(5)
        async with lease.serving():
            clock.advance(5)
            assert lease.quiet_s() == 0
        clock.advance(2)
        assert lease.quiet_s() == 2

    asyncio.run(body())
