"""The learning supervisor: resumes what a crash left, runs what was asked for, and ticks: is it time to learn by itself?

One cycle at a time, and none while the disk is full: it pauses, says why, and goes on by itself. It journals each
decision whose reason is new. A daemon that stops kills the trainer and leaves the cycle where it is; the next start
goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from a3x.config import LearnSection
from a3x.errors import A3XError, Conflict, NotReady, StorageFull
from a3x.learn.cycle import CycleRunner, Stores, discard_run
from a3x.learn.trigger import Decision, Situation, decide
from a3x.stores.cycles import Cycle
from a3x.types import THEMES, Clock

KEPT_EVENTS = 400
log = structlog.get_logger("a3x.learn")


class Journal:
    """The last events of each cycle of this run of the daemon, for people who watch."""

    def __init__(self) -> None:
        self._events: dict[str, deque[Mapping[str, Any]]] = {}

    def tell(self, cycle: str, event: Mapping[str, Any]) -> None:
        self._events.setdefault(cycle, deque(maxlen=KEPT_EVENTS)).append(event)
        if event.get("event") not in ("step", "judging"):
            log.info("cycle", cycle=cycle, **{key: value for key, value in event.items() if key != "event"})

    def events(self, cycle: str) -> list[Mapping[str, Any]]:
        return list(self._events.get(cycle, ()))


class Learning:
    """Owns the one task that learns. ``idle_for_s``, ``cpu_busy`` and ``free_bytes`` (of the home's disk) tell what the
    machine is doing."""

    def __init__(
        self,
        runner: CycleRunner,
        stores: Stores,
        journal: Journal,
        settings: LearnSection,
        clock: Clock,
        idle_for_s: Callable[[], float],
        cpu_busy: Callable[[], float | None],
        free_bytes: Callable[[], int],
    ) -> None:
        self._runner = runner
        self._stores = stores
        self._settings = settings
        self._clock = clock
        self._idle_for_s = idle_for_s
        self._cpu_busy = cpu_busy
        self._free_bytes = free_bytes
        self._full = ""
        self._told = ""
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ended = -settings.cooldown_s + clock.monotonic()
        self._decision = Decision(False, "not asked yet")
        self.journal = journal

    def start(self) -> None:
        self._task = asyncio.create_task(self._live(), name="learning")

    async def stop(self) -> None:
        """Stop where it is; an unfinished cycle is resumed by the next start."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def train_now(self, theme: str, base_sha256: str, reason: str = "asked for by the user") -> Cycle:
        """Open a cycle, which starts at once or after the one that is running. Conflict if nothing is new."""
        if not self._stores.records.unlearned(theme):
            raise Conflict(f"there is nothing new to learn for {theme}: correct some answers first", param="theme")
        cycle = await self._stores.cycles.open(theme, base_sha256, reason)
        self._wake.set()
        return cycle

    def status(self) -> dict[str, Any]:
        """For /a3x/status."""
        going = self._stores.cycles.unfinished()
        return {
            "mode": self._settings.mode,
            "unlearned": {theme: count for theme in THEMES if (count := len(self._stores.records.unlearned(theme)))},
            "cycle": going[0].id if going else None,
            "state": going[0].state if going else None,
            "paused": self.paused() or None,
            "last_decision": self._decision.reason,
        }

    def paused(self) -> str:
        """Why nothing is learnt until there is room on the disk; "" if there is."""
        why = self._short_of_room() or self._full
        return f"learning is paused: {why}; free some space and it goes on by itself" if why else ""

    def _short_of_room(self) -> str:
        free_mib, wanted_mib = self._free_bytes() >> 20, self._settings.min_free_mib
        if free_mib >= wanted_mib:
            return ""
        return f"{free_mib} MiB are free for {self._runner.home}, {wanted_mib} are wanted (learn.min_free_mib)"

    async def _live(self) -> None:
        self._cpu_busy()
        while True:
            await self._go_on()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._settings.tick_s)
            self._wake.clear()
            await self._tick()

    async def _go_on(self) -> None:
        """Run what is unfinished, unless there is no room for it."""
        self._full = ""
        if not self._short_of_room():
            for cycle in self._stores.cycles.unfinished():
                await self._run(cycle)
        if (why := self.paused()) and not self._told:
            log.warning("learning paused", reason=why)
        elif self._told and not why:
            log.warning("learning goes on")
        self._told = why

    async def _run(self, cycle: Cycle) -> None:
        """To the cycle's end. Without room it stays as it is until the next tick."""
        try:
            ended = await self._ended_somehow(cycle)
        except StorageFull as error:
            self._full = error.message
            return
        except A3XError as error:
            log.warning("cycle waits", cycle=cycle.id, reason=error.message)
            return
        self._ended = self._clock.monotonic()
        if ended.state != "failed":
            await asyncio.to_thread(discard_run, self._runner.home, ended)

    async def _ended_somehow(self, cycle: Cycle) -> Cycle:
        try:
            return await self._runner.run(cycle)
        except (StorageFull, NotReady):
            raise
        except (
            Exception
        ) as error:  # the supervisor: whatever breaks a cycle ends it with a reason, and the daemon lives on
            log.exception("cycle broke", cycle=cycle.id)
            return await self._stores.cycles.fail(cycle.id, f"{type(error).__name__}: {error}")

    async def _tick(self) -> None:
        busy = self._cpu_busy()
        for theme in THEMES:
            situation = Situation(
                unlearned=len(self._stores.records.unlearned(theme)),
                unfinished=bool(self._stores.cycles.unfinished()),
                cpu_busy=busy,
                since_request_s=self._idle_for_s(),
                since_cycle_s=self._clock.monotonic() - self._ended,
                paused=self.paused(),
            )
            decision = decide(situation, self._settings)
            if situation.unlearned and decision.reason != self._decision.reason:
                log.info("learning decision", theme=theme, train=decision.train, reason=decision.reason)
                self._decision = decision
            if decision.train:
                with contextlib.suppress(A3XError):
                    await self._stores.cycles.open(theme, self._runner.base_sha256, decision.reason)
