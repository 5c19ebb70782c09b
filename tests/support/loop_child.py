"""A process that learns as the daemon does, on a tiny model, while corrections come in, until it is killed.

``python -m tests.support.loop_child HOME BASE MODE``. MODE ``sound``; ``manifest-first`` writes a version's manifest
before its files, ``torn`` promotes in two transactions: the negative controls, both slowly. Lines on stdout: READY, then
"EXPERIENCE ID" and "RECORD ID" for what was acknowledged.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw

from a3x.stores import adapters, ledger
from a3x.stores.adapters import MANIFEST, Adapters, Job
from a3x.stores.ledger import Entry
from a3x.types import Adapter, Experience, Feedback
from tests.support.loop import Loop

SLOW_S = 0.3


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


async def corrections(loop: Loop) -> None:
    """Lessons of another theme, one after the other, each told of when it is acknowledged."""
    for number in itertools.count():
        now = loop.clock.now()
        id = f"exp_{time.monotonic_ns()}"
        await loop.experiences.add(
            Experience(id, "user:local", "chat", f"{id}?", now, "completed", "noise", theme="cli")
        )
        say("EXPERIENCE", id)
        record = await loop.stores.records.correct(Feedback(id, -1, f"answer {number}", now))
        say("RECORD", record.id)
        await asyncio.sleep(0.005)


def _manifest_first(self: Adapters, adapter: Adapter, contents: Mapping[str, bytes]) -> None:
    """What must not be: the manifest before what it vouches for."""
    for name in (MANIFEST, *(name for name in contents if name != MANIFEST)):
        self._disk.write_atomic(adapter.path.parent / name, contents[name])
        time.sleep(SLOW_S)


async def _torn_activate(
    self: Adapters, theme: str, version: int, reason: str, cycle: str, numbers: Any, together: Job
) -> Adapter:
    """What must not be: what serves changes in one transaction, the ledger and the cycle in the next."""
    adapter = self.get_any(theme, version)

    def serve(connection: apsw.Connection, now: float) -> None:
        connection.execute("INSERT INTO adapter_active VALUES (?, ?, ?, ?)", (adapter.base_sha256, theme, version, now))

    def tell(connection: apsw.Connection, now: float) -> None:
        entry = Entry("promote", theme, version, adapter.sha256, adapter.base_sha256, reason, cycle, numbers)
        ledger.append(connection, entry, now)
        together(connection, now)

    await self._write(serve)
    await asyncio.sleep(SLOW_S)
    await self._write(tell)
    return adapter


def break_it(mode: str) -> None:
    if mode == "manifest-first":
        adapters.Adapters._write_files = _manifest_first  # type: ignore[method-assign]
    elif mode == "torn":
        adapters.Adapters.activate = _torn_activate  # type: ignore[method-assign,assignment]


async def main(home: Path, base: Path, mode: str) -> None:
    break_it(mode)
    async with Loop(home, base) as loop:
        say("READY")
        loop.learning().start()
        await corrections(loop)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
