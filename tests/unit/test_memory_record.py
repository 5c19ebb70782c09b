"""From a turn to an experience, and what a full disk does to it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.memory.record import Recorder, language, new_id, span
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.fakes import FullDisk
from a3x.types import Adapter, Completion, Experience, Message, Mix, TokenStats

MIX = Mix(((Adapter("cli", 7, "a" * 64, "b" * 64, Path("x")), 0.5),))
ANSWER = Completion(
    "ls -a", "stop", 10, 3, 8, TokenStats((-1.0, -3.0), (0.5, 1.5)), MIX, "c" * 64, "ls -a", reasoning="hm"
)
ASKED = (Message("system", "be brief"), Message("user", "first"), Message("assistant", "ok"), Message("user", "Liste"))


def build(**changes: Any) -> Experience:
    arguments: dict[str, Any] = {
        "id": "exp_1",
        "messages": ASKED,
        "session": "s",
        "completion": ANSWER,
        "tools": [{"name": "run", "ok": True}],
        "error": "",
        "when": 5.0,
        "environment": {"os": "linux"},
    }
    return span(**arguments | changes)


def test_span_of_an_answer() -> None:
    made = build()
    assert (made.who, made.did, made.this, made.if_ok, made.if_not) == ("user:local", "chat", "Liste", "ls -a", "")
    assert (made.status, made.theme, made.lang, made.when, made.session) == ("completed", "general", "pt", 5.0, "s")
    assert made.uncertainty == {"mean_logprob": -2.0, "worst_logprob": -3.0, "mean_entropy": 1.0, "tokens": 2}
    assert made.mix == ({"theme": "cli", "version": 7, "sha256": "a" * 64, "scale": 0.5},)
    assert made.messages[0] == {"role": "system", "content": "be brief"}
    assert made.context["environment"] == {"os": "linux"}
    assert made.context["reasoning"] == "hm"
    assert made.context["cached_tokens"] == 8
    assert made.tools == ({"name": "run", "ok": True},)
    assert (made.model_sha256, made.origin, made.metadata) == ("c" * 64, "generated", {})


def test_span_of_a_failure() -> None:
    failed = build(completion=None, error="llama.cpp gave up")
    assert (failed.status, failed.if_ok, failed.if_not) == ("failed", "", "llama.cpp gave up")
    assert failed.uncertainty == {}
    assert build(completion=None).if_not == "no answer"


def test_span_of_a_client_that_left() -> None:
    left = build(completion=Completion("ls", "cancelled", 1, 1, 0, TokenStats((), ()), MIX, "", "ls"))
    assert (left.status, left.if_ok, left.if_not) == ("failed", "ls", "cancelled")


def test_span_without_a_user_message_or_finite_figures() -> None:
    endless = Completion("x", "stop", 1, 1, 0, TokenStats((float("-inf"),), (0.0,)), MIX, "", "x")
    made = build(messages=(), completion=endless)
    assert made.this == made.lang == ""
    assert made.uncertainty == {"mean_entropy": 0.0, "tokens": 1}


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Como faço para listar os arquivos?", "pt"),
        ("Qual é a capital da França?", "pt"),
        ("não", "pt"),
        ("How do I list the files in this folder?", "en"),
        ("What’s the façade pattern?", ""),
        ("hello", "en"),
        ("Привет, мир", ""),
        ("2 + 2 = ?", ""),
        ("", ""),
    ],
)
def test_language(text: str, lang: str) -> None:
    assert language(text) == lang


def test_ids_sort_by_time_and_differ() -> None:
    clock = HandClock()
    ids = []
    for _ in range(200):
        ids.append(new_id(clock))
        clock.advance(0.002)
    assert ids == sorted(ids)
    assert len({new_id(clock) for _ in range(1000)}) == 1000
    assert all(len(id) == 30 and id.startswith("exp_") for id in ids)
    assert new_id(HandClock(0.0)).startswith("exp_0000000000")
    assert new_id(HandClock(1_469_918_176.385)).startswith("exp_01ARYZ6S41")  # the time part of the ULID spec's example


def test_full_disk_is_told_once_and_survived(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = HandClock()
    with FullDisk() as disk, Database(tmp_path / "a3x.db", disk, clock) as db:
        store = Experiences(db)
        recorder = Recorder(store, clock)

        async def record(*ids: str) -> list[bool]:
            return [await recorder.record(build(id=id)) for id in ids]

        with caplog.at_level(logging.WARNING, logger="a3x.memory.record"):
            assert asyncio.run(record("1")) == [True]
            disk.room_bytes = 0
            assert asyncio.run(record("2", "3", "4")) == [False, False, False]
            assert len(caplog.messages) == 1
            assert "full" in caplog.messages[0]
            clock.advance(60)
            disk.room_bytes = None
            assert asyncio.run(record("3", "5")) == [True, True]
            assert caplog.messages[1:] == ["experiences are stored again after 60 s"]
        assert [found.id for found in store.recent()] == ["5", "3", "1"]


def test_a_cancelled_caller_loses_nothing(tmp_path: Path) -> None:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as db:
        store = Experiences(db)
        recorder = Recorder(store, HandClock())

        async def main() -> None:
            task = asyncio.create_task(recorder.record(build()))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            while store.count() == 0:  # what was begun goes on behind the caller's back
                await asyncio.sleep(0.001)

        asyncio.run(asyncio.wait_for(main(), 10))
        assert store.get("exp_1").if_ok == "ls -a"
