"""A process that changes the registry as fast as it can until it is killed, telling what was acknowledged to it.

``python -m tests.support.registry_child HOME MODE``: ``all`` installs, activates, rolls back and deactivates; ``switch``
only activates; ``torn`` is ``switch`` with an activation that writes the ledger in a second transaction (the negative
control). Every line on stdout is "PROMISED WHAT" before an operation and "DONE WHAT" after it.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from a3x.clock import SystemClock
from a3x.disk import RealDisk
from a3x.errors import Conflict
from a3x.stores import ledger
from a3x.stores.adapters import Adapters
from a3x.stores.db import Database
from a3x.stores.ledger import Entry
from a3x.types import Adapter

BASE = "b" * 64
THEME = "cli"


def say(word: str, version: int | None) -> None:
    sys.stdout.write(f"{word} {version if version is not None else 'base'}\n")
    sys.stdout.flush()


async def install(adapters: Adapters) -> Adapter:
    content = random.randbytes(2000)
    return await adapters.install(THEME, content, BASE, {}, {"adapter_config.json": b"{}"})


async def torn_activate(db: Database, adapter: Adapter) -> None:
    """What must not be: what serves changes in one transaction, the ledger in the next."""
    put = "INSERT OR REPLACE INTO adapter_active VALUES (?, ?, ?, 0)"
    await asyncio.wrap_future(db.write(lambda c: c.execute(put, (BASE, THEME, adapter.version)).fetchall()))
    entry = Entry("promote", THEME, adapter.version, adapter.sha256, BASE, "torn")
    await asyncio.wrap_future(db.write(lambda c: ledger.append(c, entry, 0.0)))


async def switch(db: Database, adapters: Adapters, torn: bool) -> None:
    versions = adapters.list(THEME) or [await install(adapters), await install(adapters)]
    say("READY", None)
    while True:
        for adapter in versions[:2]:
            say("PROMISED", adapter.version)
            await (torn_activate(db, adapter) if torn else adapters.activate(THEME, adapter.version, "better"))
            say("DONE", adapter.version)


async def everything(adapters: Adapters) -> None:
    rng = random.Random()
    say("READY", None)
    while True:
        way = rng.random()
        if way < 0.4 or not adapters.list(THEME):
            await install(adapters)
        elif way < 0.7:
            version = rng.choice(adapters.list(THEME)).version
            say("PROMISED", version)
            await adapters.activate(THEME, version, "better")
            say("DONE", version)
        elif way < 0.95:
            say("ROLLBACK", None)
            try:
                serves = await adapters.rollback(THEME, BASE)
            except Conflict:
                serves = None
            say("DONE", serves.version if serves else None)
        else:
            say("PROMISED", None)
            await adapters.deactivate(THEME, BASE, "asked")
            say("DONE", None)


def main(home: Path, mode: str) -> None:
    clock, disk = SystemClock(), RealDisk()
    db = Database(home / "a3x.db", disk, clock)
    adapters = Adapters(db, home, disk, clock)
    adapters.sweep()
    asyncio.run(everything(adapters) if mode == "all" else switch(db, adapters, mode == "torn"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
