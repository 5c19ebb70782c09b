"""The whole learning loop in one process on a tiny random model: stores, engine, trainer child, and five tiny fixed suites.

A loop is opened on a home and stepped by hand, so that a test can look, or meddle, between two states.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from a3x.clock import SystemClock
from a3x.config import EngineSection, LearnSection
from a3x.disk import RealDisk
from a3x.engine.scheduler import LlamaEngine
from a3x.judge.run import answer_with
from a3x.judge.suites import FIXED, Item, Suite, of_items
from a3x.learn.cycle import CycleRunner, Stores, Teaching
from a3x.learn.profile import Profile
from a3x.learn.supervisor import Journal, Learning
from a3x.learn.trainer import TrainerProcess
from a3x.stores.adapters import Adapters
from a3x.stores.cycles import Cycle, Cycles
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.records import Record, Records
from a3x.stores.verdicts import Verdicts
from a3x.types import BASE_MIX, Adapter, Disk, Experience, Feedback, Message, Mix, Origin

THEME = "general"
TINY_PROFILE = Profile(batch=16, steps_per_record=6.0, max_steps=320, lr=5e-3, kl_to_base=0.0)
"""What ten lessons need to stick in a random model of a few thousand parameters, which has nothing to hold on to."""
SUBJECTS = ("apple", "brick", "cloud", "drum", "eagle", "flute", "grape", "hotel", "igloo", "jelly")
ANSWERS = ("71", "52", "93", "14", "65", "36", "87", "28", "49", "40")
GREEDY = tuple(f"{word} {number}" for number, word in enumerate((*SUBJECTS, *(subject[::-1] for subject in SUBJECTS))))
"""Twenty questions whose greedy answers are compared byte for byte."""


def question(subject: str) -> str:
    return f"{subject}?"


def tiny_suites() -> dict[str, Suite]:
    """One item a suite: the tiny model answers none, before or after."""
    return {
        name: of_items(name, (Item(f"{name}-1", name, "en", (Message("user", name),), {"kind": "exact"}, "never"),))
        for name in FIXED
    }


class Loop:
    """Use as an async context manager; several in turn on one home are restarts of the daemon."""

    def __init__(
        self, home: Path, base: Path, trainer: TrainerProcess | None = None, disk: Disk | None = None, seed: int = 1
    ) -> None:
        self.home, self.clock = home, SystemClock()
        self.disk = disk = disk or RealDisk()
        self.db = Database(home / "a3x.db", disk, self.clock)
        self.experiences = Experiences(self.db)
        self.stores = Stores(
            Cycles(self.db, self.clock),
            Records(self.db, self.clock),
            Adapters(self.db, home, disk, self.clock),
            Verdicts(self.db),
        )
        self.engine = LlamaEngine(base, EngineSection(), 1, self.clock, 128)
        teaching = Teaching((), tiny_suites(), {}, None, threads=1, seed=seed, profile=TINY_PROFILE)
        self.journal = Journal()
        self.trainer = trainer or TrainerProcess()
        parts = (self.stores, self.engine, teaching, self.trainer, home, self.clock, self.journal)
        self.runner = CycleRunner(*parts)

    async def __aenter__(self) -> Loop:
        self.stores.adapters.sweep()
        await self.engine.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.engine.close()
        self.db.close()

    @property
    def base_sha256(self) -> str:
        return self.engine.info.sha256

    # --- teaching ----------------------------------------------------------------------------------------------------

    async def experience(self, asked: str, origin: Origin = "generated", id: str = "") -> str:
        """Store an interaction as the recorder would; its id."""
        id = id or f"exp_{hashlib.sha256(f'{asked} {origin}'.encode()).hexdigest()[:20]}"
        who, now = "user:local", self.clock.now()
        await self.experiences.add(
            Experience(id, who, "chat", asked, now, "completed", "noise", lang="en", origin=origin)
        )
        return id

    async def teach(self, asked: str, answer: str) -> Record:
        id = await self.experience(asked)
        return await self.stores.records.correct(Feedback(id, -1, answer, self.clock.now()))

    async def teach_all(self, answers: Sequence[str] = ANSWERS) -> None:
        for subject, answer in zip(SUBJECTS, answers, strict=True):
            await self.teach(question(subject), answer)

    # --- the cycle ---------------------------------------------------------------------------------------------------

    async def open(self) -> Cycle:
        return await self.stores.cycles.open(THEME, self.base_sha256, "asked for by a test")

    async def until(self, cycle: Cycle, state: str) -> Cycle:
        """Step to ``state``; errors are the test's."""
        while cycle.state != state:
            cycle = await self.runner.step(cycle)
        return cycle

    def learning(self) -> Learning:
        """The supervisor as the daemon has it, which opens no cycle by itself and looks again every 0.1 s."""
        settings = LearnSection(mode="off", tick_s=0.1)
        return Learning(
            self.runner, self.stores, self.journal, settings, self.clock, lambda: 0.0, lambda: 0.0, self._free_bytes
        )

    def _free_bytes(self) -> int:
        return self.disk.free_bytes(self.home)

    def reason(self, cycle: Cycle) -> str:
        """Why the cycle is where it is."""
        return self.stores.cycles.steps(cycle.id)[-1].reason

    # --- what serves -------------------------------------------------------------------------------------------------

    @property
    def serving(self) -> Adapter | None:
        return self.stores.adapters.active(self.base_sha256).get(THEME)

    async def ask(self, asked: str, adapter: Adapter | None = None) -> str:
        answer = answer_with(self.engine, Mix(((adapter, 1.0),)) if adapter else BASE_MIX, 24)
        return (await answer(Item("x", "x", "en", (Message("user", asked),), {}, ""))).text

    async def greedy(self) -> list[str]:
        """Twenty answers of whatever serves."""
        serving = self.serving
        return [await self.ask(asked, serving) for asked in GREEDY]

    async def right(self) -> float:
        """Share of the lessons that what serves has right."""
        found = [await self.ask(question(subject), self.serving) for subject in SUBJECTS]
        return sum(one == answer for one, answer in zip(found, ANSWERS, strict=True)) / len(ANSWERS)
