"""The daemon and the composition root over a scripted engine: start, serve, stop, and the refusals."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from a3x import daemon
from a3x.agent.turn import TurnRequest, TurnResult
from a3x.app import App, build, build_engine
from a3x.clock import SystemClock
from a3x.config import Settings, load
from a3x.engine.scripted import ScriptedEngine
from a3x.errors import ConfigError, Conflict, EngineFailure, NotFound, NotReady
from a3x.http.address import ADDRESS, read_address
from a3x.http.guard import check_exposure
from a3x.types import Clock, Message, ModelInfo
from tests.support.told import Teller, make_old

ASK = TurnRequest((Message("user", "hi"),))


class LoadableScript(ScriptedEngine):
    """The scripted engine with a load that can fail."""

    def __init__(self, failure: Exception | None = None, token_delay_s: float = 0.0) -> None:
        super().__init__(lambda request: "one two three", token_delay_s)
        self.failure = failure
        self.closed = False

    async def start(self) -> ModelInfo:
        if self.failure:
            raise self.failure
        return self.info

    async def close(self) -> None:
        self.closed = True


def settings(home: Path, **sections: dict[str, Any]) -> Settings:
    return load(flags={"home": str(home), "server": {"port": 0}, **sections}, environ={})


def maker(engine: LoadableScript) -> Callable[[Settings, Clock], LoadableScript]:
    return lambda settings, clock: engine


async def ask(app: App, request: TurnRequest = ASK) -> TurnResult:
    items: AsyncGenerator[Any, None] = app.agent.turn(request)
    *_, result = [item async for item in items]
    return result


def test_an_answer_is_remembered_unless_told_otherwise(tmp_path: Path) -> None:
    async def live(record: bool) -> tuple[bool, int]:
        app = build(settings(tmp_path / str(record), memory={"record": record}), maker(LoadableScript()))
        with pytest.raises(NotReady):
            _ = app.agent
        assert not app.ready()
        assert json.dumps(app.status())
        await app.start()
        result = await ask(app)
        assert result.completion.text == "one two three"
        count = app.experiences.count()
        assert json.dumps(app.status())
        await app.stop()
        return result.recorded, count

    assert asyncio.run(live(True)) == (True, 1)
    assert asyncio.run(live(False)) == (False, 0)


def test_imported_spans_get_their_priorities_without_a_restart(tmp_path: Path) -> None:
    span = {"id": "x", "who": "w", "did": "chat", "this": "t", "when": 1.0, "status": "failed", "if_ok": ""}

    async def live() -> dict[str, Any]:
        app = build(settings(tmp_path, memory={"embed": False}), maker(LoadableScript()))
        await app.start()
        await app.prioritiser.settle()  # what is caught up with at the start
        try:
            await app.import_spans([(1, json.dumps(span).encode())])
            deadline = asyncio.get_running_loop().time() + 20
            while True:
                try:
                    return app.why("x")
                except NotFound:
                    assert asyncio.get_running_loop().time() < deadline
                    await asyncio.sleep(0.05)
        finally:
            await app.stop()

    assert asyncio.run(live())["components"]["error"]["value"] == 1.0


def test_a_start_reads_the_facts_of_before(tmp_path: Path) -> None:
    async def live() -> list[str]:
        app = build(settings(tmp_path, memory={"embed": False}), maker(LoadableScript()))
        await app.start()
        try:
            deadline = asyncio.get_running_loop().time() + 20
            while not (found := app.facts.recent()):
                assert asyncio.get_running_loop().time() < deadline
                await asyncio.sleep(0.02)
            return [fact.text for fact in found]
        finally:
            await app.stop()

    teller = Teller(tmp_path)
    teller.say("my locker code is 8471")
    make_old(teller.db)
    assert teller.facts.recent() == []
    teller.db.close()
    assert asyncio.run(live()) == ["my locker code is 8471"]


def test_a_life_from_ready_to_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM during an answer: the answer is finished, systemd is told, the address file goes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        engine, home, said = LoadableScript(token_delay_s=0.05), tmp_path / "home", []

        async def live() -> httpx.Response:
            gc.unfreeze()
            serving = asyncio.create_task(daemon.serve(settings(home), said.append, maker(engine)))
            while (address := read_address(home)) is None:
                await asyncio.sleep(0.005)
            body = {"model": "a3x", "messages": [{"role": "user", "content": "hi"}]}
            async with httpx.AsyncClient(base_url=str(address["url"])) as client:
                assert (await client.get("/readyz")).status_code == 200
                assert gc.get_freeze_count(), "the collector would look through every module while it answers"
                gc.unfreeze()
                asking = asyncio.create_task(client.post("/v1/chat/completions", json=body))
                while not engine.requests:
                    await asyncio.sleep(0.005)
                os.kill(os.getpid(), signal.SIGTERM)
                answer = await asking
            await asyncio.wait_for(serving, 5)
            return answer

        answer = asyncio.run(live())
        assert answer.json()["choices"][0]["message"]["content"] == "one two three"
        assert answer.json()["a3x"]["recorded"]
        assert [systemd.recv(100) for _ in range(2)] == [b"READY=1", b"STOPPING=1"]
    assert engine.closed
    assert not (home / ADDRESS).exists()
    assert said[0].startswith("loading")
    assert any("/v1" in line for line in said)


def test_a_model_that_does_not_load_ends_the_daemon_cleanly(tmp_path: Path) -> None:
    engine = LoadableScript(EngineFailure("out of memory"))
    with pytest.raises(EngineFailure, match="out of memory"):
        asyncio.run(daemon.serve(settings(tmp_path), lambda line: None, maker(engine)))
    assert engine.closed
    assert not (tmp_path / ADDRESS).exists()
    with daemon.only_daemon(tmp_path):
        pass


def test_one_daemon_a_home(tmp_path: Path) -> None:
    with daemon.only_daemon(tmp_path), pytest.raises(Conflict, match="already runs"), daemon.only_daemon(tmp_path):
        pass
    with daemon.only_daemon(tmp_path):
        pass


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with daemon.listen(settings(tmp_path).server) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ConfigError, match=str(port)), daemon.listen(load(flags={"server": {"port": port}}).server):
            pass


def test_a_missing_model_is_told_before_anything_is_made(tmp_path: Path) -> None:
    wanted = settings(tmp_path, engine={"model": "/nowhere/x.gguf"})
    with pytest.raises(ConfigError, match=r"/nowhere/x\.gguf"):
        build_engine(wanted, SystemClock())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "localhost.example.org"])
def test_beyond_loopback_a_token_is_needed(host: str) -> None:
    with pytest.raises(ConfigError, match=r"server\.token"):
        check_exposure(load(flags={"server": {"host": host}}, environ={}).server)
    check_exposure(load(flags={"server": {"host": host, "token": "t"}}, environ={}).server)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "localhost", "::1", "[::1]"])
def test_loopback_needs_none(host: str) -> None:
    check_exposure(load(flags={"server": {"host": host}}, environ={}).server)


def test_an_address_left_by_a_broken_daemon_is_none(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"pid": 1}'):
        (tmp_path / ADDRESS).write_text(text)
        assert read_address(tmp_path) is None
