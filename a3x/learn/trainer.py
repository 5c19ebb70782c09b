"""Runs the trainer as a child that yields to everything else, and reports what it says. Imports no training library."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from a3x.errors import EngineFailure, StorageFull
from a3x.runs import read_events

POLL_S = 0.5
EXITS = {
    2: "the run directory cannot be used",
    3: "out of memory with one example at a time",
    4: "training failed",
    5: "the trainer was told to stop and stopped at a checkpoint",
    6: "the trainer has no room on the disk",
}
NO_ROOM = 6
NICEST = 19
ENVIRONMENT = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
"""Threads that sleep while they wait: a spinning one keeps the core that its partner, or an answer, needs."""

Report = Callable[[Mapping[str, Any]], None]


class TrainerProcess:
    """``python -m a3x.train RUN_DIR`` at the lowest priority. It ends when this process does: its stdin is our pipe."""

    def __init__(self, python: str = sys.executable) -> None:
        self._python = python
        self._child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def run(self, directory: Path, report: Report) -> None:
        """Train to the end. EngineFailure, or StorageFull, with the trainer's reason if it fails; cancelling kills the child."""
        if importlib.util.find_spec("torch") is None:
            raise EngineFailure("training needs the training extra: python3 tools/install.py --extras train")
        command = (self._python, "-m", "a3x.train", "--tied", str(directory))
        with (directory / "trainer.log").open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log, env={**os.environ, **ENVIRONMENT}
            )
        self._child = child
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, NICEST)
        try:
            code = await self._watch(child, directory, report)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if code != 0:
            reasons = [event["reason"] for event in read_events(directory) if event.get("event") == "failed"]
            told = EXITS.get(code, f"the trainer was killed (signal {-code})" if code < 0 else f"exit {code}")
            failure = StorageFull if code == NO_ROOM else EngineFailure
            raise failure(f"{told}: {reasons[-1]}" if reasons and code > 0 else told)

    async def stop(self, grace_s: float) -> None:
        """Ask the child to stop at a checkpoint, and kill it if that takes longer. ``run`` then says how it ended."""
        child = self._child
        if child is None or child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), grace_s)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()

    async def _watch(self, child: asyncio.subprocess.Process, directory: Path, report: Report) -> int:
        """Report new events until the child ends; its exit code."""
        ended = asyncio.ensure_future(child.wait())
        told = len(read_events(directory))
        while not ended.done():
            await asyncio.wait((ended,), timeout=POLL_S)
            events = await asyncio.to_thread(read_events, directory)
            for event in events[told:]:
                report(event)
            told = max(told, len(events))
        return ended.result()
