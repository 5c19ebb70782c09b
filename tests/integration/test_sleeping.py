"""The real seed leaves memory and comes back: same answers, memory given back, mixes too; and a trainer that makes room."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path
from typing import Any

import pytest

from a3x import resources
from a3x.clock import SystemClock
from a3x.config import EngineSection
from a3x.engine.leased import LeasedEngine
from a3x.engine.scheduler import LlamaEngine
from a3x.engine.sleeping import SleepingEngine
from a3x.errors import EngineFailure, NotReady
from a3x.hardware.lease import Lease
from a3x.hardware.process import pss_bytes
from a3x.learn.leased import LeasedTrainer
from a3x.learn.trainer import TrainerProcess
from a3x.runs import read_events
from a3x.types import BASE_MIX, Adapter, Completion, Generation, Message, Mix, Sampling
from tests.support import tiny, training
from tests.support.daemon import Daemon
from tests.support.idle import wait_until_asleep

pytestmark = pytest.mark.integration

QUESTION = "Who are you, and what can you do?"
SETTINGS = EngineSection(threads=1, resident_contexts=2)


def sleeper(path: Path, idle_s: float = 3600.0) -> SleepingEngine:
    clock = SystemClock()
    return SleepingEngine(lambda: LlamaEngine(path, SETTINGS, 1, clock, 64), idle_s, clock)


async def ask(engine: Any, mix: Mix = BASE_MIX) -> Completion:
    request = Generation((Message("user", QUESTION),), mix, Sampling(max_tokens=24))
    (completion,) = [item async for item in engine.generate(request) if isinstance(item, Completion)]
    return completion


def test_the_seed_answers_the_same_after_sleeping_and_eight_wakers_share_a_load(tmp_path: Path) -> None:
    seed = resources.seed_model()
    path = tiny.write_adapter(tmp_path / "a.gguf", seed, 1, strength=2.0)
    base = hashlib.sha256(seed.read_bytes()).hexdigest()
    mix = Mix(((Adapter("cli", 1, hashlib.sha256(path.read_bytes()).hexdigest(), base, path), 1.0),))

    async def body() -> None:
        engine = sleeper(seed)
        info = await engine.start()
        before, adapted = await ask(engine), await ask(engine, mix)
        assert before.text != adapted.text
        for _ in range(3):
            await engine.release()
            status = engine.status()
            assert status["sleep"]["state"] == "asleep"
            assert status["adapters_resident"] == status["mixes_resident"] == []
            assert engine.info == info
            after = await asyncio.gather(*(ask(engine) for _ in range(8)), ask(engine, mix))
            assert {one.text for one in after[:8]} == {before.text}
            assert after[8].text == adapted.text
        status = engine.status()
        assert (status["sleep"]["wakes"], status["answers"]) == (3, 29)
        await engine.close()

    asyncio.run(body())


def test_memory_is_given_back(tmp_path: Path) -> None:
    """A model of 70 MB of float32, so that what is measured is the model and not the noise."""
    model = tiny.write_model(tmp_path / "wide.gguf", width=1408)
    weights = model.stat().st_size

    async def body() -> tuple[int, int, int]:
        engine = sleeper(model)
        await engine.start()
        await ask(engine)
        awake = pss_bytes()
        await engine.release()
        asleep = pss_bytes()
        await ask(engine)
        await engine.close()
        return awake, asleep, engine.status()["sleep"]["freed_bytes"]

    awake, asleep, told = asyncio.run(body())
    assert awake - asleep > 0.9 * weights
    assert told > 0.9 * weights


def test_a_model_that_is_gone_is_a_clear_refusal_until_it_is_back(tmp_path: Path) -> None:
    model = tiny.write_model(tmp_path / "tiny.gguf")

    async def body() -> None:
        engine = sleeper(model)
        await engine.start()
        before = await ask(engine)
        await engine.release()
        model.rename(tmp_path / "away.gguf")
        with pytest.raises(NotReady, match="could not be loaded again"):
            await ask(engine)
        tiny.write_model(model, seed=1)
        with pytest.raises(NotReady, match="not the file it was"):
            await ask(engine)
        (tmp_path / "away.gguf").replace(model)
        assert (await ask(engine)).text == before.text
        await engine.close()

    asyncio.run(body())


def test_over_http_a_model_that_does_not_wake_is_503_and_then_200(tmp_path: Path) -> None:
    model = tiny.write_model(tmp_path / "tiny.gguf")
    with (
        Daemon(tmp_path / "home", model, env={"A3X_ENGINE__IDLE_UNLOAD_S": "0.5"}) as daemon,
        daemon.client() as client,
    ):
        body = {"model": "a3x:base", "max_tokens": 4, "messages": [{"role": "user", "content": "hi"}]}
        wait_until_asleep(daemon)
        model.rename(tmp_path / "away.gguf")
        refused = client.post("/v1/chat/completions", json=body)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert "could not be loaded again" in refused.json()["error"]["message"]
        assert client.get("/readyz").status_code == 200
        (tmp_path / "away.gguf").rename(model)
        assert client.post("/v1/chat/completions", json=body).status_code == 200


# --- the lease, with a trainer that is a real process ----------------------------------------------------------------


def test_a_request_waits_at_most_two_seconds_for_a_trainer_that_does_not_listen(tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/bash\ntrap '' TERM\nfor i in $(seq 600); do sleep 0.1; done\n")
    script.chmod(0o755)
    model = tiny.write_model(tmp_path / "tiny.gguf")
    (tmp_path / "run").mkdir()

    async def body() -> float:
        sleeping = sleeper(model)
        lease = Lease(sleeping.release, SystemClock())
        engine = LeasedEngine(sleeping, lease)
        await engine.start()
        await ask(engine)
        process = TrainerProcess(str(script))
        trainer = LeasedTrainer(process, lease, patience_s=3600)
        job = asyncio.create_task(trainer.run(tmp_path / "run", lambda event: None))
        while process.pid is None:
            await asyncio.sleep(0.01)
        assert sleeping.status()["sleep"]["state"] == "asleep"
        assert lease.status()["owner"] == "training"
        await asyncio.sleep(0.3)  # it has set its trap by now
        began = time.monotonic()
        await ask(engine)
        waited = time.monotonic() - began
        assert not job.done()
        job.cancel()
        await asyncio.wait((job,))
        await engine.close()
        return waited

    waited = asyncio.run(body())
    assert 1.0 < waited < 2.5, "the grace was not given, or the trainer was waited for"


def test_a_trainer_told_to_stop_leaves_a_checkpoint_and_ends_with_the_same_losses(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    base = tiny.write_model(tmp_path / "base.gguf")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        training.write(folder, base, steps=24, checkpoint_every_steps=1000, validation={"every_steps": 1000})

    async def train(directory: Path, stop_at: int = 0) -> None:
        process = TrainerProcess()
        job = asyncio.create_task(process.run(directory, lambda event: None))
        while stop_at and not any(event.get("step", 0) >= stop_at for event in read_events(directory)):
            await asyncio.sleep(0.01)
        if stop_at:
            await process.stop(20.0)
        await job

    asyncio.run(train(whole))
    with pytest.raises(EngineFailure, match="stopped at a checkpoint"):
        asyncio.run(train(broken, stop_at=5))
    reached = [event["step"] for event in read_events(broken) if event["event"] == "stopped"]
    assert 5 <= reached[0] < 24
    asyncio.run(train(broken))
    assert [event["step"] for event in read_events(broken) if event["event"] == "resumed"] == reached
    losses = [[event["loss"] for event in read_events(each) if event["event"] == "step"] for each in (whole, broken)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
