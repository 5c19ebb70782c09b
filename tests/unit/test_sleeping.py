"""The engine that sleeps, over engines without a model and a clock moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.clock import HandClock
from a3x.engine.scripted import ScriptedEngine
from a3x.engine.sleeping import SleepingEngine
from a3x.errors import EngineFailure, NotReady
from a3x.types import Completion, Generation, Message, ModelInfo

ASK = Generation((Message("user", "hi"),))
IDLE_S = 60.0


class Life(ScriptedEngine):
    """One life of an engine: it takes a few turns of the loop to load, and may fail to."""

    def __init__(self, house: House, failure: Exception | None, sha256: str) -> None:
        super().__init__(lambda request: "one two three")
        self.info = replace(self.info, sha256=sha256)
        self._house = house
        self._failure = failure

    async def start(self) -> ModelInfo:
        for _ in range(5):
            await asyncio.sleep(0)
        if self._failure:
            raise self._failure
        self._house.alive += 1
        self._house.most_alive = max(self._house.most_alive, self._house.alive)
        return self.info

    async def close(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        self._house.alive -= not self._failure


class House:
    """Makes lives and counts them. ``failures`` are what the next loads raise, None for those that succeed."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self.clock = HandClock()
        self.alive = self.most_alive = 0
        self.lives: list[Life] = []
        self.failures: list[Exception | None] = []
        self.sha256 = "5" * 64
        self.engine = SleepingEngine(self.make, idle_s, self.clock, trim=lambda: None, held=lambda: 0)

    def make(self) -> Life:
        self.lives.append(Life(self, self.failures.pop(0) if self.failures else None, self.sha256))
        return self.lives[-1]

    async def ask(self) -> str:
        (text,) = [item.text async for item in self.engine.generate(ASK) if isinstance(item, Completion)]
        return text

    async def sleep(self) -> None:
        self.clock.advance(IDLE_S)
        assert await self.engine.nap()
        assert self.engine.status()["sleep"]["state"] == "asleep"


def living(body: Callable[[House], Awaitable[Any]], idle_s: float = IDLE_S) -> House:
    async def run() -> House:
        house = House(idle_s)
        await house.engine.start()
        await body(house)
        await house.engine.close()
        assert house.alive == 0
        assert house.most_alive == 1
        return house

    return asyncio.run(run())


def test_it_leaves_after_enough_quiet_and_not_before() -> None:
    async def body(house: House) -> None:
        house.clock.advance(IDLE_S - 1)
        assert not await house.engine.nap()
        await house.ask()
        house.clock.advance(IDLE_S - 1)
        assert not await house.engine.nap(), "a request begins the quiet anew"
        house.clock.advance(1)
        assert await house.engine.nap()
        assert not await house.engine.nap(), "it is gone already"
        assert house.alive == 0

    assert len(living(body).lives) == 1


def test_a_request_wakes_it_and_its_info_is_known_asleep() -> None:
    async def body(house: House) -> None:
        await house.sleep()
        assert house.engine.info.sha256 == house.sha256
        await house.engine.drop_adapter("a" * 64)
        assert len(house.lives) == 1, "dropping wakes nobody"
        assert await house.ask() == "one two three"
        await house.sleep()
        assert len(await house.engine.encode([(Message("user", "a"), Message("assistant", "b"))])) == 1
        await house.engine.drop_adapter("b" * 64)

    house = living(body)
    assert len(house.lives) == 3
    assert house.lives[-1].dropped == ["b" * 64]


def test_requests_that_come_together_share_one_load() -> None:
    async def body(house: House) -> None:
        await house.sleep()
        assert await asyncio.gather(*(house.ask() for _ in range(8))) == ["one two three"] * 8

    assert len(living(body).lives) == 2


def test_a_load_that_fails_is_told_to_all_and_tried_again_by_the_next() -> None:
    async def body(house: House) -> None:
        await house.sleep()
        house.failures = [EngineFailure("no memory")]
        results = await asyncio.gather(*(house.ask() for _ in range(3)), return_exceptions=True)
        assert [type(result) for result in results] == [NotReady] * 3
        assert "no memory" in str(results[0])
        assert house.engine.status()["waiting"] == 0
        assert await house.ask() == "one two three"

    assert len(living(body).lives) == 3


def test_the_first_load_fails_as_it_fails() -> None:
    async def run() -> None:
        house = House()
        house.failures = [EngineFailure("no memory")]
        with pytest.raises(EngineFailure):
            await house.engine.start()
        with pytest.raises(NotReady):
            _ = house.engine.info
        await house.engine.close()

    asyncio.run(run())


def test_another_file_is_not_served_under_the_old_name() -> None:
    async def body(house: House) -> None:
        await house.sleep()
        house.sha256 = "6" * 64
        with pytest.raises(NotReady, match="not the file it was"):
            await house.ask()
        assert house.alive == 0
        house.sha256 = "5" * 64

    living(body)


def test_who_gives_up_waiting_does_not_end_the_load_of_the_others() -> None:
    async def body(house: House) -> None:
        await house.sleep()
        first, second = asyncio.create_task(house.ask()), asyncio.create_task(house.ask())
        await asyncio.sleep(0)
        first.cancel()
        assert await second == "one two three"
        with pytest.raises(asyncio.CancelledError):
            await first

    assert len(living(body).lives) == 2


def test_it_does_not_leave_in_mid_answer() -> None:
    async def body(house: House) -> None:
        stream = house.engine.generate(ASK)
        await anext(stream)
        house.clock.advance(10 * IDLE_S)
        assert not await house.engine.nap()
        await stream.aclose()
        assert not await house.engine.nap(), "the quiet begins when the answer ends"

    living(body)


def test_a_request_that_comes_while_it_leaves_waits_and_then_wakes_it() -> None:
    async def body(house: House) -> None:
        house.clock.advance(IDLE_S)
        leaving = asyncio.create_task(house.engine.nap())
        await asyncio.sleep(0)
        assert await house.ask() == "one two three"
        assert await leaving

    living(body)


def test_releasing_outlasts_a_load_that_nobody_waits_for_any_more() -> None:
    async def body(house: House) -> None:
        await house.sleep()
        asking = asyncio.create_task(house.ask())
        await asyncio.sleep(0)
        asking.cancel()
        await house.engine.release()
        for _ in range(30):
            await asyncio.sleep(0)
        assert house.alive == 0

    living(body)


class NoDoor:
    """A lock that locks nothing."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


def test_without_the_door_two_would_be_in_memory() -> None:
    """Negative control of the count that every test here checks."""

    async def run() -> House:
        house = House()
        house.engine._door = NoDoor()  # type: ignore[assignment]
        await house.engine.start()
        house.clock.advance(IDLE_S)
        leaving = asyncio.create_task(house.engine.nap())
        await asyncio.sleep(0)
        await house.ask()
        await leaving
        return house

    assert asyncio.run(run()).most_alive == 2


STEPS = st.lists(
    st.sampled_from(["ask", "ask twice", "give up", "quiet", "nap", "release", "fail", "turn"]), max_size=25
)


@given(STEPS)
def test_whatever_happens_answers_come_and_one_at_most_is_in_memory(steps: list[str]) -> None:
    async def body(house: House) -> None:
        tasks: list[asyncio.Task[Any]] = []
        for step in steps:
            match step:
                case "ask" | "ask twice" | "give up":
                    tasks += [asyncio.create_task(house.ask()) for _ in range(1 + (step == "ask twice"))]
                    if step == "give up":
                        await asyncio.sleep(0)
                        tasks[-1].cancel()
                case "quiet":
                    house.clock.advance(IDLE_S)
                case "nap":
                    tasks.append(asyncio.create_task(house.engine.nap()))
                case "release":  # only ever called between answers
                    await asyncio.gather(*tasks, return_exceptions=True)
                    await house.engine.release()
                case "fail":
                    house.failures.append(EngineFailure("no memory"))
            await asyncio.sleep(0)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, str | bool | NotReady | asyncio.CancelledError) for result in results)
        house.failures.clear()
        while house.engine.status()["sleep"]["state"] == "waking":  # a load whose askers all gave up
            await asyncio.sleep(0)
        assert await house.ask() == "one two three"
        assert house.engine.status()["waiting"] == 0

    living(body)


def test_the_timer_lets_it_sleep_without_being_asked() -> None:
    async def run() -> None:
        house = House(idle_s=0.01)
        await house.engine.start()
        house.clock.advance(1.0)
        while house.alive:
            await asyncio.sleep(0.005)
        await house.engine.close()

    asyncio.run(asyncio.wait_for(run(), 5))


def test_zero_keeps_it_for_good() -> None:
    async def body(house: House) -> None:
        house.clock.advance(1e9)
        await asyncio.sleep(0.02)
        assert house.engine.status()["sleep"]["state"] == "awake"

    assert len(living(body, idle_s=0.0).lives) == 1


def test_counters_go_on_over_its_lives_and_residents_do_not() -> None:
    async def body(house: House) -> None:
        await house.ask()
        await house.ask()
        await house.sleep()
        asleep = house.engine.status()
        assert (asleep["answers"], asleep["adapters_resident"]) == (2, [])
        assert asleep["sleep"]["wakes"] == 0
        await house.ask()
        awake = house.engine.status()
        assert (awake["answers"], awake["sleep"]["wakes"]) == (3, 1)

    living(body)


def test_releasing_needs_no_quiet() -> None:
    async def body(house: House) -> None:
        await house.engine.release()
        assert house.alive == 0
        await house.engine.release()
        assert await house.ask() == "one two three"

    living(body)
