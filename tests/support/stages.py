"""One cycle of the tiny loop, its home copied in every state, so that each test goes on from the state it needs."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from a3x.stores.cycles import Cycle
from tests.support import tiny
from tests.support.loop import Loop

Body = Callable[[Loop, Cycle], Awaitable[Any]]
STATES = ("opened", "curated", "trained", "converted", "judged", "promoted")


@dataclass(frozen=True)
class Stages:
    """A home a state in ``folder``, and the base they were made on."""

    folder: Path
    base: Path

    @classmethod
    def make(cls, folder: Path) -> Stages:
        """Teach ten lessons and go through a cycle, with a restart between every two states. Ten seconds and more."""
        stages = cls(folder, tiny.write_pupil(folder / "base.gguf"))
        for state in STATES:
            asyncio.run(stages._step(state))
            shutil.copytree(folder / "home", folder / state)
        return stages

    async def _step(self, state: str) -> None:
        async with Loop(self.folder / "home", self.base) as loop:
            if state == "opened":
                await loop.teach_all()
                await loop.open()
            else:
                (cycle,) = loop.stores.cycles.unfinished()
                assert (await loop.runner.step(cycle)).state == state

    def copy(self, state: str, to: Path) -> Path:
        return Path(shutil.copytree(self.folder / state, to / "home"))

    def go_on(self, state: str, folder: Path, body: Body, base: Path | None = None, **options: Any) -> Any:
        """``body`` with the cycle as it is in ``state``, in a home of its own; ``options`` are the loop's."""
        home = self.copy(state, folder)

        async def run() -> Any:
            async with Loop(home, base or self.base, **options) as loop:
                return await body(loop, loop.stores.cycles.recent(1)[0])

        return asyncio.run(run())
