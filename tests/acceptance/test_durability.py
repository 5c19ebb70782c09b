"""Issues 2 and 5: 50 kill -9 among 10 000 acknowledgements of a real daemon over HTTP cost nothing; ready again in 5 s.

Acknowledged is an answer with ``recorded: true``, and a rating that was accepted. Five minutes on 2 cores.
"""

from __future__ import annotations

import random
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from a3x.clock import SystemClock
from a3x.disk import RealDisk
from a3x.stores.backup import check_database
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from tests.support.daemon import Daemon

ACKNOWLEDGED, KILLS, WRITERS = 10_000, 50, 16
A_KILL = ACKNOWLEDGED // KILLS
READY_LIMIT_S = 5.0

HASTY = """
import asyncio, sys
from a3x.cli import main
from a3x.memory.record import Recorder

really, kept = Recorder.record, []

async def record(self, experience):
    later = lambda: kept.append(asyncio.ensure_future(really(self, experience)))
    asyncio.get_running_loop().call_later(0.5, later)
    return True

Recorder.record = record
sys.exit(main.run(sys.argv[1:]))
"""
"""Control: a daemon that says "recorded" and stores half a second later."""


@dataclass
class Acknowledged:
    """Experience id → its text, and the ids whose rating was accepted."""

    texts: dict[str, str] = field(default_factory=dict)
    rated: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.texts) + len(self.rated)

    def add(self, other: Acknowledged) -> None:
        self.texts |= other.texts
        self.rated |= other.rated


class Chatter(threading.Thread):
    """Chats and rates until told to stop or the daemon is gone."""

    def __init__(self, daemon: Daemon, tag: str) -> None:
        super().__init__()
        self.acknowledged = Acknowledged()
        self.halt = threading.Event()
        self._daemon, self._tag = daemon, tag

    def run(self) -> None:
        number = 0
        try:
            with self._daemon.client() as client:
                while not self.halt.is_set():
                    self._chat(client, f"remember {self._tag} {number}")
                    number += 1
        except (httpx.HTTPError, OSError):
            return

    def _chat(self, client: httpx.Client, text: str) -> None:
        body = {"model": "a3x", "messages": [{"role": "user", "content": text}], "max_tokens": 1}
        answer = client.post("/v1/chat/completions", json=body).raise_for_status().json()["a3x"]
        if not answer["recorded"]:
            return
        id = answer["experience_id"]
        self.acknowledged.texts[id] = text
        if client.post("/a3x/feedback", json={"experience_id": id, "rating": 1}).is_success:
            self.acknowledged.rated.add(id)


def round_of_chats(daemon: Daemon, tag: str, chance: random.Random) -> Acknowledged:
    """Sixteen clients at once; the daemon is killed at a random moment around ``A_KILL`` acknowledgements."""
    chatters = [Chatter(daemon, f"{tag}.{writer}") for writer in range(WRITERS)]
    wanted = chance.randint(A_KILL // 2, A_KILL * 3 // 2)
    for chatter in chatters:
        chatter.start()
    pause = threading.Event()
    while sum(len(chatter.acknowledged) for chatter in chatters) < wanted:
        assert any(chatter.is_alive() for chatter in chatters), daemon.log[-2000:]
        pause.wait(chance.random() * 0.01)
    daemon.kill()
    told = Acknowledged()
    for chatter in chatters:
        chatter.halt.set()
        chatter.join()
        told.add(chatter.acknowledged)
    return told


def harm(home: Path, told: Acknowledged) -> list[str]:
    """Ids whose text or rating is not there exactly once, and damage."""
    with Database(home / "a3x.db", RealDisk(), SystemClock()) as db:
        texts: dict[str, list[str]] = {}
        ratings: dict[str, int] = {}
        for kept in Experiences(db).walk():
            texts.setdefault(kept.span.id, []).append(kept.span.this)
            ratings[kept.span.id] = len(kept.feedback)
    lost = [id for id, text in told.texts.items() if texts.get(id) != [text]]
    lost += [id for id in told.rated if ratings.get(id) != 1]
    return [*lost, *check_database(home / "a3x.db")]


@pytest.mark.acceptance
@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    chance = random.Random(20)
    told = Acknowledged()
    slowest = 0.0
    daemon = Daemon(tmp_path / "home")
    kills = 0
    while len(told) < ACKNOWLEDGED or kills < KILLS:
        daemon.start()
        slowest = max(slowest, daemon.ready_s)
        told.add(round_of_chats(daemon, f"r{kills}", chance))
        kills += 1
    print(
        f"{len(told.texts)} answers and {len(told.rated)} ratings acknowledged, {kills} kills, ready in {slowest:.2f} s"
    )
    assert harm(tmp_path / "home", told) == []
    assert slowest <= READY_LIMIT_S


@pytest.mark.integration
def test_three_kills(tmp_path: Path) -> None:
    """The same in small, for every run of the tests."""
    chance = random.Random(3)
    daemon = Daemon(tmp_path / "home")
    told = Acknowledged()
    for kill in range(3):
        daemon.start()
        told.add(round_of_chats(daemon, f"r{kill}", chance))
    assert harm(tmp_path / "home", told) == []


@pytest.mark.integration
def test_a_daemon_that_acknowledges_too_early_is_noticed(tmp_path: Path) -> None:
    script = tmp_path / "hasty.py"
    script.write_text(HASTY)
    daemon = Daemon(tmp_path / "home", program=(sys.executable, str(script)))
    daemon.start()
    told = round_of_chats(daemon, "hasty", random.Random(1))
    assert harm(tmp_path / "home", told)
