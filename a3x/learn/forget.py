"""Forgetting to its end: the transaction, then the files, then the database written anew. Every step can be done again.

A crash before the transaction forgets nothing; after it, the job's row makes the next start delete what is left.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from a3x.disk import sync_folder
from a3x.learn.cycle import JUDGED_FOLDER
from a3x.stores.adapters import Adapters
from a3x.stores.forgetting import Forgetting, Job, Plan

MANAGED_FOLDERS = ("backups", "index/prefixes")
"""Under the home: copies that may hold anything; forgetting empties them whole."""


class Forgetter:
    """Carries out plans. ``unload`` lets go of an adapter in memory by its content hash."""

    def __init__(
        self, forgetting: Forgetting, adapters: Adapters, home: Path, unload: Callable[[str], Awaitable[None]]
    ) -> None:
        self._forgetting = forgetting
        self._adapters = adapters
        self._home = home
        self._unload = unload

    async def forget(self, plan: Plan, base_sha256: str) -> Job:
        """All of it. Conflict, StorageFull; if only files are left to delete, the next start goes on."""
        job = await self._forgetting.carry_out(plan, base_sha256)
        for adapter in plan.adapters:
            await self._unload(adapter.sha256)
        await self._complete(job)
        return job

    async def resume(self) -> list[Job]:
        """Finish what a crash or a full disk interrupted."""
        jobs = self._forgetting.unfinished()
        for job in jobs:
            await self._complete(job)
        return jobs

    async def _complete(self, job: Job) -> None:
        await asyncio.to_thread(self._delete_files, job)
        await self._forgetting.scrub()
        await self._forgetting.finish(job)

    def _delete_files(self, job: Job) -> None:
        self._adapters.remove_withdrawn()
        for cycle in job.cycles:
            _remove(self._home / "runs" / cycle)
        judged = self._home / "index" / JUDGED_FOLDER
        for mix in job.mixes:
            for answers in judged.glob(f"*-{mix}.json"):
                answers.unlink()
        for folder in MANAGED_FOLDERS:
            _remove(self._home / folder)


def copies(home: Path) -> list[str]:
    """Managed copies that forgetting would delete, relative to the home."""
    return [
        str(path.relative_to(home))
        for folder in MANAGED_FOLDERS
        for path in sorted((home / folder).rglob("*"))
        if path.is_file()
    ]


def _remove(folder: Path) -> None:
    """Durably, so that a power cut does not bring it back."""
    if folder.exists():
        shutil.rmtree(folder)
        sync_folder(folder.parent)
