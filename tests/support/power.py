"""Lives of a store on a disk whose power goes at some operation, and what the cuts did to what was acknowledged."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from a3x.clock import SystemClock
from a3x.disk import RealDisk
from a3x.errors import A3XError
from a3x.stores.backup import check_database
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.fakes import PowerCutDisk
from a3x.types import Experience

WRITERS = 16
LIVES_A_HOME = 20
OPERATIONS = 6_000
"""The longest life; some of them end while the database is being made, some after a few checkpoints of its log."""
PLAIN = Experience("", "user:local", "chat", "", 1.0, "completed", "that is how it is " * 40, session="s")

StoreOf = Callable[[Database], Experiences]


@dataclass
class Harm:
    """What went wrong, over all cuts so far; ``acknowledged`` spans were there to be harmed."""

    cuts: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.damaged)


@dataclass
class _Home:
    """What its clients know: the texts that were acknowledged, and the number of each one's next span."""

    folder: Path
    acknowledged: set[str] = field(default_factory=set)
    following: list[int] = field(default_factory=lambda: [0] * WRITERS)


def cut_often(
    folder: Path, cuts: int, seed: int, kind: type[Database] = Database, store_of: StoreOf = Experiences
) -> Harm:
    """So many cuts, each life going on from what the last cut left; stops at the first harm."""
    harm, chance = Harm(), random.Random(seed)
    home = _Home(folder / "0")
    while harm.cuts < cuts and not harm:
        if harm.cuts % LIVES_A_HOME == 0:
            harm.acknowledged += len(home.acknowledged)
            home = _Home(folder / f"home{harm.cuts}")
        harm.cuts += 1
        left = folder / f"cut{harm.cuts}"
        with PowerCutDisk(chance.randrange(1, OPERATIONS)) as disk:
            _live(home, disk, kind, store_of)
            disk.cut(left, chance)
        shutil.rmtree(home.folder, ignore_errors=True)
        home.folder = left
        _examine(home, harm)
    harm.acknowledged += len(home.acknowledged)
    return harm


def _live(home: _Home, disk: PowerCutDisk, kind: type[Database], store_of: StoreOf) -> None:
    """All writers at once until the power goes; each first repeats the last it was told of, as one that is not sure."""

    async def write(store: Experiences, writer: int) -> None:
        number = max(home.following[writer] - 1, 0)
        while True:
            text = f"{writer}-{number}"
            try:
                await store.add(replace(PLAIN, id=f"exp_{text}", this=text))
            except A3XError:
                return
            home.acknowledged.add(text)
            number += 1
            home.following[writer] = number

    async def together(db: Database) -> None:
        await asyncio.gather(*(write(store_of(db), writer) for writer in range(WRITERS)))

    try:
        with kind(home.folder / "a3x.db", disk, SystemClock()) as db:
            asyncio.run(together(db))
    except A3XError:
        return  # it went while the database was being opened


def _examine(home: _Home, harm: Harm) -> None:
    """What a start after the cut would find; done on a copy, so that the next life starts from the cut itself."""
    copy = Path(shutil.copytree(home.folder, home.folder.with_suffix(".examined")))
    try:
        with Database(copy / "a3x.db", RealDisk(), SystemClock()) as db:
            rows = db.read(lambda c: c.execute("SELECT this FROM experience").fetchall())
        stored = Counter(str(text) for (text,) in rows)
        harm.damaged += check_database(copy / "a3x.db")
    except A3XError as error:
        stored = Counter[str]()
        harm.damaged.append(error.message)
    harm.lost += sorted(home.acknowledged - stored.keys())
    harm.doubled += [text for text, times in stored.items() if times > 1]
    shutil.rmtree(copy)
