"""A trainer that has the card only while nobody asks: called back, it stops at a checkpoint and goes on later from there."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Protocol

from a3x.errors import EngineFailure
from a3x.hardware.lease import Lease
from a3x.learn.trainer import Report

GRACE_S = 1.5
"""For a checkpoint; then the trainer is killed and the last one counts. A request waits at most two seconds (DESIGN)."""


class Training(Protocol):
    """``TrainerProcess``, or what stands in its place."""

    async def run(self, directory: Path, report: Report) -> None: ...

    async def stop(self, grace_s: float) -> None: ...


class LeasedTrainer:
    """Runs ``trainer`` under the lease, as often as it takes. After being called back it waits for ``patience_s`` of quiet."""

    def __init__(self, trainer: Training, lease: Lease, patience_s: float) -> None:
        self._trainer = trainer
        self._lease = lease
        self._patience_s = patience_s

    async def run(self, directory: Path, report: Report) -> None:
        """Train to the end. EngineFailure with the trainer's reason if it fails; cancelling ends the trainer."""
        while not await self._until_recalled(directory, report):
            report({"event": "yielded", "reason": "a request needs the card"})
            while (left := self._patience_s - self._lease.quiet_s()) > 0:
                await asyncio.sleep(left)

    async def stop(self, grace_s: float) -> None:
        await self._trainer.stop(grace_s)

    async def _until_recalled(self, directory: Path, report: Report) -> bool:
        """Whether it trained to the end."""
        async with self._lease.training() as recalled:
            job = asyncio.create_task(self._trainer.run(directory, report))
            call = asyncio.create_task(recalled.wait())
            try:
                await asyncio.wait((job, call), return_when=asyncio.FIRST_COMPLETED)
                if job.done():
                    await job
                    return True
                await self._trainer.stop(GRACE_S)
                with contextlib.suppress(EngineFailure):  # how it ended does not matter: it was told to
                    await job
                    return True
                return False
            finally:
                call.cancel()
                job.cancel()
                await asyncio.wait((job,))
