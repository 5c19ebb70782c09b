"""Issue 3, acceptance 5: what serves changes under 100 requests in flight, streamed and whole.

None fails; each names the adapter that made it, and its greedy text is what that adapter gives alone.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from a3x.agent.router import Router
from a3x.agent.turn import Agent, TurnRequest, TurnResult
from a3x.memory.record import Recorder
from a3x.types import Message, Piece, Sampling
from tests.support import tiny
from tests.support.daemon import Daemon
from tests.support.loop import THEME, Loop
from tests.support.stages import Stages

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

IN_FLIGHT, SWAPS, BETWEEN, MAX_TOKENS = 100, 12, 30, 24
QUESTIONS = ("who are you?", "apple 1", "what is it?", "zebra", "12 + 30")


@dataclass
class Answers:
    """What came back, and what was on its way when what serves changed. ``texts`` are (question, mix, text)."""

    texts: list[tuple[str, str, str]] = field(default_factory=list)
    at_swaps: list[int] = field(default_factory=list)
    in_flight: int = 0
    over: bool = False

    def differing(self, alone: dict[tuple[str, str], str]) -> list[tuple[str, str, str]]:
        return [(asked, made_by, text) for asked, made_by, text in self.texts if alone[asked, made_by] != text]

    def makers(self) -> Counter[str]:
        return Counter(made_by for _, made_by, _ in self.texts)


def made_by(mix: list[dict[str, Any]]) -> str:
    """The sha256 of the one adapter, or "base"."""
    return mix[0]["sha256"] if mix else "base"


def body(asked: str, model: str = "a3x", stream: bool = False) -> dict[str, Any]:
    messages = [{"role": "user", "content": asked}]
    return {"model": model, "messages": messages, "temperature": 0, "max_tokens": MAX_TOKENS, "stream": stream}


async def whole(client: httpx.AsyncClient, asked: str, model: str = "a3x") -> tuple[str, str, str]:
    answer = (await client.post("/v1/chat/completions", json=body(asked, model))).raise_for_status().json()
    return asked, made_by(answer["a3x"]["mix"]), answer["choices"][0]["message"]["content"]


async def streamed(client: httpx.AsyncClient, asked: str) -> tuple[str, str, str]:
    text, mix = "", None
    async with client.stream("POST", "/v1/chat/completions", json=body(asked, stream=True)) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if not line.startswith("data: {"):
                continue
            chunk = json.loads(line.removeprefix("data: "))
            assert "error" not in chunk, chunk
            text += "".join(choice["delta"].get("content") or "" for choice in chunk["choices"])
            mix = chunk["a3x"]["mix"] if "a3x" in chunk else mix
    assert mix is not None, "the last chunk names what made the answer"
    return asked, made_by(mix), text


async def ask_on(client: httpx.AsyncClient, found: Answers, rng: random.Random) -> None:
    """One of the hundred: asks again as soon as it is answered, until the swaps are over."""
    while not found.over:
        found.in_flight += 1
        way = rng.choice((whole, streamed))
        found.texts.append(await way(client, rng.choice(QUESTIONS)))
        found.in_flight -= 1


async def swap_often(client: httpx.AsyncClient, found: Answers) -> None:
    """From version to version, at last to the base, with some answers between any two."""
    answered = 0
    for number in range(SWAPS + 1):
        answered = len(found.texts)
        while len(found.texts) < answered + BETWEEN:
            await asyncio.sleep(0.002)
        to = {} if number == SWAPS else {"to": 1 + (number + 1) % 2}
        found.at_swaps.append(found.in_flight)
        (await client.post(f"/a3x/adapters/{THEME}/rollback", json=to)).raise_for_status()
    while len(found.texts) < answered + 2 * IN_FLIGHT:
        await asyncio.sleep(0.002)
    found.over = True


def install(home: Path, base: Path) -> None:
    """Two versions, the first of which serves."""

    async def make() -> None:
        async with Loop(home, base) as loop:
            for seed in (1, 2):
                path = tiny.write_adapter(home.parent / f"{seed}.gguf", base, seed)
                made = await loop.stores.adapters.install(THEME, path.read_bytes(), loop.base_sha256, {})
                if seed == 1:
                    await loop.stores.adapters.activate(THEME, made.version, "first")

    asyncio.run(make())


def test_swaps_under_a_hundred_requests_over_http(tmp_path: Path) -> None:
    base = tiny.write_model(tmp_path / "base.gguf")
    install(tmp_path / "home", base)
    found = Answers()

    async def exchange(url: str) -> dict[tuple[str, str], str]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=url, timeout=120.0, limits=limits) as client:
            models = ("a3x:base", f"a3x:{THEME}@1", f"a3x:{THEME}@2")
            alone = [await whole(client, asked, model) for model in models for asked in QUESTIONS]
            asking = [ask_on(client, found, random.Random(number)) for number in range(IN_FLIGHT)]
            await asyncio.gather(swap_often(client, found), *asking)
            return {(asked, maker): text for asked, maker, text in alone}

    with Daemon(tmp_path / "home", base) as daemon:
        alone = asyncio.run(exchange(daemon.url))
    assert len(set(alone.values())) == len(alone), "the versions must answer differently for this test to see anything"
    assert found.differing(alone) == []
    assert len(found.makers()) == 3
    assert min(found.at_swaps) >= 0.9 * IN_FLIGHT
    print(f"in flight at the swaps: {found.at_swaps}; made by: {sorted(found.makers().values())}")


def test_a_promotion_and_a_rollback_under_a_hundred_requests(tmp_path: Path, stages: Stages) -> None:
    """The cycle's own last step, in one process."""
    found = Answers()

    async def turn(agent: Agent, asked: str) -> tuple[str, str, str]:
        request = TurnRequest((Message("user", asked),), sampling=Sampling(max_tokens=MAX_TOKENS))
        text = ""
        async for item in agent.turn(request):
            if isinstance(item, Piece):
                text += item.text
            else:
                assert isinstance(item, TurnResult)
                return asked, made_by(item.mix.describe()), text
        raise AssertionError("a turn without an end")

    async def wave(agent: Agent, change: Any) -> None:
        """A hundred turns; the change comes when some of them are answered; then a hundred more."""
        turns = [asyncio.create_task(turn(agent, QUESTIONS[n % len(QUESTIONS)])) for n in range(IN_FLIGHT)]
        _, waiting = await asyncio.wait(turns, return_when=asyncio.FIRST_COMPLETED)
        found.at_swaps.append(len(waiting))
        await change
        turns += [asyncio.create_task(turn(agent, QUESTIONS[n % len(QUESTIONS)])) for n in range(20)]
        found.texts += await asyncio.gather(*turns)

    async def go(loop: Loop, cycle: Any) -> dict[tuple[str, str], str]:
        router = Router(loop.stores.adapters, loop.base_sha256)
        agent = Agent(loop.engine, router, Recorder(loop.experiences, loop.clock), {}, loop.clock)
        alone = {(asked, "base"): await loop.ask(asked) for asked in QUESTIONS}
        await wave(agent, loop.runner.step(cycle))
        serving = loop.serving
        assert serving is not None
        alone |= {(asked, serving.sha256): await loop.ask(asked, serving) for asked in QUESTIONS}
        await wave(agent, loop.stores.adapters.rollback(THEME, loop.base_sha256))
        return alone

    alone = stages.go_on("judged", tmp_path, go)
    assert found.differing(alone) == []
    assert len(found.texts) == 2 * (IN_FLIGHT + 20)
    assert len(found.makers()) == 2
    assert min(found.at_swaps) >= IN_FLIGHT / 2
