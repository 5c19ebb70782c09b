"""Forgetting as the daemon does it, over a database alone."""

from __future__ import annotations

from collections.abc import Iterable

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.learn.forget import Forgetter
from a3x.stores.adapters import Adapters
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.forgetting import Forgetting, Selection


async def forget(db: Database, ids: Iterable[str]) -> int:
    """Forget those of the experiences that are there; how many went."""
    clock = HandClock()
    adapters = Adapters(db, db.path.parent, RealDisk(), clock)
    forgetting = Forgetting(db, adapters, clock)
    there = {one.span.id for one in Experiences(db).walk()}.intersection(ids)
    if not there:
        return 0
    plan = forgetting.plan(Selection(tuple(sorted(there))))
    await Forgetter(forgetting, adapters, db.path.parent, _unload).forget(plan, "b" * 64)
    return len(plan.experiences)


async def _unload(sha256: str) -> None:
    raise AssertionError("there is no adapter")
