"""Issue 5: the disk fills up at 50 random points; nothing is damaged, chat answers, learning pauses, all goes on after.

A real daemon on a filesystem of its own (mounting takes root), and in small the stores on a disk that pretends.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from a3x.clock import HandClock, SystemClock
from a3x.disk import RealDisk
from a3x.errors import StorageFull
from a3x.memory.record import Recorder
from a3x.stores.backup import check_database
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.facts import NewFact
from a3x.stores.fakes import FullDisk
from a3x.types import Experience
from tests.support.daemon import Daemon
from tests.support.filesystem import filesystem, fill

POINTS = 50
SIZE_BYTES = 384 << 20
LEFT_BYTES = 512 << 10
"""At most so many are left when a point begins."""
BATCH = 100
QUICK = {"A3X_LEARN__TICK_S": "0.2", "A3X_LEARN__MIN_FREE_MIB": "8"}
PLAIN = Experience("", "user:local", "chat", "", 1.0, "completed", "that " * 300)

SWALLOWS = """
import sys
from a3x.cli import main
from a3x.errors import StorageFull
from a3x.stores.experiences import Experiences

really = Experiences.add

async def add(self, experience, facts=()):
    try:
        return await really(self, experience, facts)
    except StorageFull:
        return 0

Experiences.add = add
sys.exit(main.run(sys.argv[1:]))
"""
"""Control: a daemon whose store swallows the error."""


@dataclass
class Told:
    """What the daemon said: ids it stored, with their texts, and ids it said it had not."""

    stored: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    rated: set[str] = field(default_factory=set)


class Client:
    """Chats, rates and imports, and remembers what was acknowledged."""

    def __init__(self, http: httpx.Client, told: Told) -> None:
        self._http = http
        self._told = told
        self._count = 0

    def chat(self) -> bool:
        """Whether it was recorded; the answer must come in any case. A recorded one is rated."""
        self._count += 1
        text = f"say something {self._count}"
        body = {"model": "a3x", "messages": [{"role": "user", "content": text}], "max_tokens": 2}
        answer = self._http.post("/v1/chat/completions", json=body).raise_for_status().json()
        assert answer["usage"]["completion_tokens"] > 0
        id = answer["a3x"]["experience_id"]
        if not answer["a3x"]["recorded"]:
            self._told.refused.add(id)
            return False
        self._told.stored[id] = text
        rating = self._http.post("/a3x/feedback", json={"experience_id": id, "rating": 1})
        assert rating.status_code in (200, 404, 507), rating.text  # 404: it was lost, and ``harm`` will say so
        if rating.is_success:
            self._told.rated.add(id)
        return True

    def batch(self) -> dict[str, str]:
        """New spans to import, by id."""
        self._count += 1
        return {f"imp_{self._count}_{n}": f"imported {self._count} {n}" for n in range(BATCH)}

    def take_in(self, spans: dict[str, str]) -> bool:
        """Import them; False for a full disk, after which some may be there, and asking again is harmless."""
        common = {"who": "w", "did": "chat", "when": 1.0, "status": "completed", "if_ok": "that " * 200}
        data = "\n".join(json.dumps({"id": id, "this": text, **common}) for id, text in spans.items())
        answer = self._http.post("/a3x/memory/import", content=data.encode())
        if answer.status_code == 507:
            return False
        counts = answer.raise_for_status().json()
        assert counts["stored"] + counts["known"] == BATCH, counts
        self._told.stored |= spans
        return True

    def status(self) -> dict[str, Any]:
        return self._http.get("/a3x/status").raise_for_status().json()


def fill_up_and_make_room(folder: Path, client: Client, left_bytes: int) -> None:
    """One point: work until nothing is stored any more, see what the daemon says of it, make room, work again."""
    filler = fill(folder, left_bytes)
    batch = client.batch()
    while client.take_in(batch):
        batch = client.batch()
    while client.chat():
        pass
    status = client.status()
    assert "the last experience was not stored: the disk holding" in status["memory"]["paused"]
    assert "learning is paused" in status["learning"]["paused"] and "MiB are free" in status["learning"]["paused"]
    filler.unlink()
    assert client.chat(), "storing begins again by itself"
    assert client.take_in(batch)
    status = client.status()
    assert (status["memory"]["paused"], status["learning"]["paused"]) == (None, None)


def harm(home: Path, told: Told) -> list[str]:
    """What is not as it was said to be: ids, and damage."""
    with Database(home / "a3x.db", RealDisk(), SystemClock()) as db:
        there = {one.span.id: (one.span.this, len(one.feedback)) for one in Experiences(db).walk()}
    lost = [id for id, text in told.stored.items() if there.get(id, ("",))[0] != text]
    unrated = [id for id in told.rated if there.get(id, ("", 0))[1] != 1]
    return [*lost, *unrated, *(told.refused & there.keys()), *check_database(home / "a3x.db")]


@pytest.mark.acceptance
@pytest.mark.timeout(1800)
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_fifty_full_disks(tmp_path: Path) -> None:
    chance, told = random.Random(5), Told()
    with filesystem(tmp_path / "home", SIZE_BYTES) as home:
        with Daemon(home, env=QUICK) as daemon, daemon.client() as http:
            pid, client = daemon.pid, Client(http, told)
            for _ in range(POINTS):
                fill_up_and_make_room(home, client, chance.randrange(LEFT_BYTES))
                assert check_database(home / "a3x.db") == []
            assert client.status()["pid"] == pid
        assert harm(home, told) == []
    print(f"{POINTS} points, {len(told.stored)} spans stored, {len(told.refused)} answers told that they were not")
    assert len(told.refused) >= POINTS


@pytest.mark.integration
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_a_daemon_that_swallows_the_error_is_noticed(tmp_path: Path) -> None:
    script = tmp_path / "swallows.py"
    script.write_text(SWALLOWS)
    told = Told()
    with filesystem(tmp_path / "home", SIZE_BYTES) as home:
        with Daemon(home, env=QUICK, program=(sys.executable, str(script))) as daemon, daemon.client() as http:
            client = Client(http, told)
            filler = fill(home)
            while client.take_in(client.batch()):
                pass
            said = [client.chat() for _ in range(50)]
            assert all(said)
            filler.unlink()
        assert harm(home, told)


# --- the same on a disk that pretends --------------------------------------------------------------------------------


class SwallowingExperiences(Experiences):
    """Control: a store that swallows the error."""

    async def add(self, experience: Experience, facts: Sequence[NewFact] = ()) -> int:
        try:
            return await super().add(experience, facts)
        except StorageFull:
            return 0


def lost_on_full_disks(path: Path, store_of: type[Experiences]) -> list[str]:
    """Ids that were acknowledged and are not there, over fifty random points; damage is an error."""
    chance = random.Random(9)
    acknowledged: list[str] = []
    with FullDisk() as disk, Database(path, disk, HandClock()) as db:
        recorder = Recorder(store_of(db), HandClock())

        async def record(id: str) -> bool:
            if stored := await recorder.record(replace(PLAIN, id=id, this=id)):
                acknowledged.append(id)
            return stored

        async def fill_up(point: int) -> None:
            disk.room_bytes = chance.randrange(LEFT_BYTES)
            for n in range(60):
                if not await record(f"{point}-{n}"):
                    break
            disk.room_bytes = None
            assert await record(f"{point}-after")
            assert not recorder.paused

        for point in range(POINTS):
            asyncio.run(fill_up(point))
            assert check_database(path) == []
        there = {one.id for one in Experiences(db).recent(100_000)}
    return [id for id in acknowledged if id not in there]


@pytest.mark.integration
def test_the_stores_on_fifty_full_disks(tmp_path: Path) -> None:
    assert lost_on_full_disks(tmp_path / "a3x.db", Experiences) == []


@pytest.mark.integration
def test_a_store_that_swallows_the_error_is_noticed(tmp_path: Path) -> None:
    assert lost_on_full_disks(tmp_path / "a3x.db", SwallowingExperiences)
