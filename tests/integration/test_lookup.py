"""Drafts on the real seed: they change nothing, and are tried only where the comparison saw that they cannot."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a3x import resources
from a3x.engine import speculate
from a3x.engine.llama import CHUNK_TOKENS, Context, Model, start_backend
from a3x.engine.lookup import MOST
from a3x.engine.pace import Pace
from a3x.engine.scheduler import LlamaEngine
from a3x.engine.speculate import STRETCH, difference
from a3x.types import BASE_MIX, Adapter, Completion, Generation, Message, Mix, Sampling, TokenStats
from benchmarks.support.models import talkative_seed
from tests.support import tiny
from tests.support.engine import with_engine
from tests.support.exact import write_f32

pytestmark = pytest.mark.integration

PASSAGE = (
    "The tower of Brava is 41 metres high and was built in 1912 by Ana Moreira. The bridge beside it is 120 metres long "
    "and was built in 1930 by Rui Prado. The library of Brava has 8120 books and opens at nine in the morning. "
)
LINES = "\n".join(
    f'{{"name": "item{number}", "count": {number * 7}, "place": "shelf {number % 3}"}}' for number in range(8)
)
ASKED = [
    *(f"{PASSAGE}{question}" for question in ("Who built the tower?", "How long is the bridge?", "Repeat the text.")),
    *(f"{PASSAGE * 3}Repeat sentence {number}." for number in range(1, 4)),
    *(f"Repeat these lines:\n{LINES}\n" * times for times in (1, 2)),
    *(f"Count: {' '.join(str(each) for each in range(end))}" for end in (5, 30, 60)),
    *(f"{word} " * 30 for word in ("yes", "no", "adapter")),
    *(f"List the files in the folder {name}, one a line." for name in ("docs", "models", "a b", "/tmp")),
    "What is 12 * 34?",
    "Olá, quem és tu?",
]

SHARED = {"gpu_layers": 0, "context_tokens": 1024}
FLASH = {"flash_attention": True, "threads": 1}
"""On the processor this build was developed on, chunks of the base are then equal to the bit."""


@dataclass(frozen=True)
class Files:
    model: Path
    f32: Path
    mix: Mix


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    folder = tmp_path_factory.mktemp("lookup")
    model = talkative_seed(folder / "talkative.gguf")
    path = tiny.write_adapter(folder / "adapter.gguf", model, 1)
    adapter = Adapter("cli", 1, hashlib.sha256(path.read_bytes()).hexdigest(), "b", path)
    yield Files(model, write_f32(resources.seed_model(), folder / "f32.gguf"), Mix(((adapter, 0.3),)))


async def ask(engine: LlamaEngine, text: str, mix: Mix, **sampling: Any) -> Completion:
    request = Generation((Message("user", text),), mix, Sampling(**{"max_tokens": 90, **sampling}))
    items = [item async for item in engine.generate(request)]
    assert isinstance(items[-1], Completion)
    return items[-1]


def answers(
    model: Path, mixes: list[Mix], lookup: str, **settings: Any
) -> tuple[list[tuple[str, str, int, TokenStats]], dict[str, Any]]:
    """Everything but the times of answers to ``ASKED``, greedy and drawn; and the status of drafting."""

    async def body(engine: LlamaEngine) -> tuple[list[tuple[str, str, int, TokenStats]], dict[str, Any]]:
        found = []
        for mix in mixes:
            for number, text in enumerate(ASKED if mix is BASE_MIX else ASKED[::2]):
                for sampling in ({}, {"temperature": 0.7, "seed": number, "repetition_penalty": 1.05})[
                    : 1 + number % 2
                ]:
                    end = await ask(engine, text, mix, **sampling)
                    found.append((end.text, end.finish_reason, end.completion_tokens, end.stats))
        return found, dict(engine.status()["lookup"])

    return with_engine(model, body, lookup=lookup, **SHARED, **settings)


@pytest.mark.parametrize("settings", [FLASH, {}], ids=["flash", "plan"])
def test_answers_and_their_figures_are_the_same_with_and_without(files: Files, settings: dict[str, Any]) -> None:
    mixes = [BASE_MIX, files.mix]
    without, off = answers(files.model, mixes, "off", **settings)
    drafted, status = answers(files.model, mixes, "auto", **settings)
    assert drafted == without
    assert off == {"setting": "off", "drafted": 0, "accepted": 0, "compared": {}}
    assert set(status["compared"]) == {"base", files.mix.label}, "a draft was worth comparing for, with both"
    exact = any(each["exact"] for found in status["compared"].values() for each in found)
    assert exact == (status["drafted"] > 0)


def test_a_comparison_that_says_yes_to_everything_is_found_out(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: F32 weights and memory, for which another cut of the work gives other sums (test_threads)."""
    settings = {"kv_type": "f32", "flash_attention": False}
    without, _ = answers(files.f32, [BASE_MIX], "off", **settings)
    honest, status = answers(files.f32, [BASE_MIX], "auto", **settings)
    assert honest == without
    compared = status["compared"].get("base", [])
    monkeypatch.setattr(speculate, "difference", lambda *_: "")
    blind, status = answers(files.f32, [BASE_MIX], "auto", **settings)
    if status["drafted"] and not all(each["exact"] for each in compared):
        assert blind != without
        assert all("changes logits by up to" in each["reason"] for each in compared if not each["exact"])


@pytest.mark.parametrize(
    ("weights", "kv_type", "flash"), [("f16", "f16", True), ("f16", "f16", False), ("f32", "f32", False)]
)
def test_the_comparison_is_right_for_the_whole_stretch(files: Files, weights: str, kv_type: str, flash: bool) -> None:
    """What it says of one place holds at others of the stretch; it leaves the sequence as it was."""
    start_backend()
    model = Model(files.model if weights == "f16" else files.f32, gpu_layers=0)
    context = Context(model, 2 * STRETCH, Pace((2,)), kv_type, flash, sequences=2)
    chance = np.random.default_rng(1)
    verdicts: dict[int, set[bool]] = {0: set(), 1: set()}
    prompt = chance.integers(5, model.vocab_size, 2 * STRETCH).tolist()
    for position in (40, 100, 130, STRETCH - MOST - 1, STRETCH, STRETCH + 77, 2 * STRETCH - MOST - 1):
        context.truncate(1, 0)
        for at in range(0, position, CHUNK_TOKENS):
            context.decode(prompt[at : min(at + CHUNK_TOKENS, position)], at, False, 1)
        tokens = chance.integers(5, model.vocab_size, MOST + 1).tolist()
        context.advance([7], [position], [1])
        before = context.rows(1)[0].copy()
        context.truncate(1, position)
        verdicts[position // STRETCH].add(not difference(context, 1, position, tokens))
        context.advance([7], [position], [1])
        assert np.array_equal(before, context.rows(1)[0])
    context.close()
    model.close()
    assert all(len(found) == 1 for found in verdicts.values())


def test_with_a_quantised_memory_nothing_is_drafted(files: Files) -> None:
    """Rounding would hide from the comparison what it has to see."""

    async def body(engine: LlamaEngine) -> dict[str, Any]:
        await ask(engine, ASKED[-2], BASE_MIX, max_tokens=2)
        return dict(engine.status()["lookup"])

    status = with_engine(files.model, body, lookup="on", kv_type="q8_0", **SHARED)
    assert status["drafted"] == 0 and "quantised" in status["reason"]


def test_a_crowd_beside_it_is_served(files: Files) -> None:
    async def body(engine: LlamaEngine) -> list[Completion]:
        return await asyncio.gather(*(ask(engine, text, BASE_MIX) for text in ASKED[:6]))

    assert all(end.completion_tokens for end in with_engine(files.model, body, **SHARED, **FLASH))
