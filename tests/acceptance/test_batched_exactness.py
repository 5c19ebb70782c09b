"""Issue 4: what one asker hears does not depend on what others ask.

Alone, as served: the same bytes with and without caches, before and after swaps and restarts. Batched, on F32 weights with
F32 memory: what one-at-a-time evaluation gives, except where the two best logits are within 1e-4 of each other.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from a3x import resources
from a3x.engine import slots
from a3x.engine.llama import CHUNK_TOKENS
from a3x.engine.scheduler import LlamaEngine
from a3x.judge import suites
from a3x.types import BASE_MIX, Adapter, Completion, Generation, Message, Mix, Sampling
from tests.support import tiny
from tests.support.engine import with_engine
from tests.support.exact import NEAR_TIE, Evaluator, Greedy, write_f32

pytestmark = [pytest.mark.acceptance, pytest.mark.integration, pytest.mark.timeout(1800)]

PROMPTS, TOKENS = 300, 12
INTERLEAVINGS = 2000
SYSTEM = (
    "You are a careful assistant on a small computer. Answer in few words, say when you do not know, and never invent. "
    * 3
)

LONG = 3
"""So many times the system prompt, and its end is cut into pieces."""

T = TypeVar("T")
Case = tuple[tuple[Message, ...], Mix]


def adapters(folder: Path, base: Path, count: int, strength: float = 0.7) -> list[Adapter]:
    sha256 = hashlib.sha256(base.read_bytes()).hexdigest()
    made = []
    for seed in range(count):
        path = tiny.write_adapter(folder / f"{seed}.gguf", base, seed, strength=strength)
        made.append(Adapter("cli", seed + 1, hashlib.sha256(path.read_bytes()).hexdigest(), sha256, path))
    return made


def mixes(made: Sequence[Adapter]) -> list[Mix]:
    a, b = made[:2]
    return [BASE_MIX, Mix(((a, 1.0),)), Mix(((b, 1.0),)), Mix(((a, 0.5), (b, 1.0)))]


def prompts(count: int) -> list[tuple[Message, ...]]:
    """Questions of the suites, every second one after a system prompt of several chunks, every sixth after a long one."""
    items = [item for suite in suites.load_all(resources.path("benchmarks/suites")).values() for item in suite.items]
    chosen = random.Random(4).sample(items, min(count, len(items)))
    asked = [item.messages[-1:] for item in chosen]
    asked += [(Message("user", f"{number}: what is it?"),) for number in range(count - len(asked))]
    systems = [Message("system", SYSTEM * (LONG if number % 6 == 3 else 1)) for number in range(len(asked))]
    return [(systems[number], *each) if number % 2 else each for number, each in enumerate(asked)]


async def ask(engine: LlamaEngine, case: Case, tokens: int = TOKENS) -> Completion:
    async with aclosing(engine.generate(Generation(*case, Sampling(max_tokens=tokens)))) as items:
        async for item in items:
            if isinstance(item, Completion):
                return item
    raise AssertionError("no completion")


def idle(engine: LlamaEngine) -> bool:
    counts = engine.status()["sequences"]
    return counts["busy"] == 0 and counts["cached"] + counts["free"] == counts["total"]


# --- (a) alone, as served --------------------------------------------------------------------------------------------


def test_alone_the_bytes_are_the_same_with_and_without_caches_swaps_and_restarts(tmp_path: Path) -> None:
    seed = resources.seed_model()
    cases = [(asked, mix) for asked in prompts(10) for mix in mixes(adapters(tmp_path, seed, 2, strength=2.0))]

    async def in_turn(engine: LlamaEngine, order: Sequence[int]) -> dict[int, Completion]:
        return {number: await ask(engine, cases[number], 24) for number in order}

    def run(order: Sequence[int], **settings: Any) -> dict[int, Completion]:
        return with_engine(seed, lambda engine: in_turn(engine, order), **settings)

    numbers = list(range(len(cases)))
    fresh = {number: run([number])[number] for number in numbers}
    assert not any(completion.cached_tokens for completion in fresh.values())
    shuffled = random.Random(1).sample(numbers * 3, 3 * len(numbers))
    kept = run(shuffled)
    swapped = run(shuffled, resident_contexts=1, resident_adapters=1, sequences=2)
    assert sum(completion.cached_tokens > 0 for completion in kept.values()) >= len(numbers) // 2
    assert any(completion.cached_tokens % CHUNK_TOKENS for completion in kept.values()), "pieces too are found again"
    for other in (kept, swapped):
        for number in numbers:
            assert other[number].raw == fresh[number].raw
            assert other[number].stats == fresh[number].stats


# --- (b) batched, against one at a time ------------------------------------------------------------------------------


def compare(right: Sequence[Greedy], heard: Sequence[Completion]) -> tuple[list[str], list[str], int]:
    """(partings at near ties, partings elsewhere, steps)."""
    ties, wrong = [], []
    for number, (greedy, completion) in enumerate(zip(right, heard, strict=True)):
        step = greedy.parting(completion.raw)
        if step >= 0:
            line = f"case {number}, step {step}, gap {greedy.gaps[step]:.2e}: {greedy.text!r} / {completion.raw!r}"
            (ties if greedy.gaps[step] <= NEAR_TIE else wrong).append(line)
    return ties, wrong, sum(len(greedy.gaps) for greedy in right)


def test_batched_answers_are_those_of_one_at_a_time(tmp_path: Path) -> None:
    model = write_f32(resources.seed_model(), tmp_path / "f32.gguf")
    asked = prompts(PROMPTS)
    cases = [(messages, mix) for messages in asked for mix in mixes(adapters(tmp_path, model, 2, strength=1.0))]
    random.Random(2).shuffle(cases)

    async def at_once(engine: LlamaEngine) -> list[Completion]:
        heard = await asyncio.gather(*(ask(engine, case) for case in cases))
        assert idle(engine)
        print(engine.status())
        return heard

    heard = with_engine(model, at_once, kv_type="f32", flash_attention=False)
    evaluator = Evaluator(model)
    right = [evaluator.answer(*case, TOKENS) for case in cases]
    evaluator.close()
    ties, wrong, steps = compare(right, heard)
    print(f"{len(cases)} answers, {steps} steps, {len(ties)} partings at near ties", *ties, sep="\n")
    assert not wrong
    assert len(ties) <= steps / 1000
    assert len({greedy.text for greedy in right}) > len(asked), "the mixes must answer differently"


# --- (c) interleavings -----------------------------------------------------------------------------------------------


def interleave(folder: Path) -> tuple[list[str], list[str], int]:
    """Requests of random mixes come, go and are cancelled on contexts too few for them."""
    model = tiny.write_model(folder / "tiny.gguf")
    made = adapters(folder, model, 3)
    a, b, c = made
    kinds = [*mixes(made), Mix(((c, 1.0),)), Mix(((a, 0.25), (b, 0.5), (c, 0.5)))]
    texts = ["hot swap " * 20, "hot swap " * 20 + "again", "tell me", "the idle hours " * 14, "1 + 1 " * 30, "who"]
    cases: list[Case] = [((Message("user", text),), mix) for text in texts for mix in kinds]
    rng = random.Random(3)
    heard: list[tuple[int, Completion]] = []

    async def one(engine: LlamaEngine, number: int, patience: int) -> None:
        generation = Generation(*cases[number], Sampling(max_tokens=8))
        async with aclosing(engine.generate(generation)) as items:
            async for item in items:
                if isinstance(item, Completion):
                    heard.append((number, item))
                elif (patience := patience - 1) == 0:
                    return

    async def crowd(engine: LlamaEngine) -> None:
        going: set[asyncio.Task[None]] = set()
        for turn in range(INTERLEAVINGS):
            patience = rng.randrange(1, 4) if rng.random() < 0.2 else 0
            going.add(asyncio.create_task(one(engine, rng.randrange(len(cases)), patience)))
            if turn % 50 == 49:
                going.add(asyncio.create_task(engine.drop_adapter(rng.choice(made).sha256)))
            if len(going) >= 12:
                done, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        await asyncio.gather(*going)
        await ask(engine, cases[0], 1)
        assert idle(engine)
        print(engine.status())

    settings = {"resident_contexts": 2, "resident_adapters": 2, "sequences": 3, "kv_type": "f32"}
    with_engine(model, crowd, **settings, flash_attention=False)
    evaluator = Evaluator(model)
    right = [evaluator.answer(*case, 8) for case in cases]
    evaluator.close()
    assert len({greedy.text for greedy in right}) > len(cases) * 0.9, "the cases must answer differently"
    return compare([right[number] for number, _ in heard], [completion for _, completion in heard])


def test_two_thousand_interleavings(tmp_path: Path) -> None:
    ties, wrong, steps = interleave(tmp_path)
    print(f"{steps} steps, {len(ties)} partings at near ties", *ties, sep="\n")
    assert steps > INTERLEAVINGS * 4
    assert not wrong
    assert len(ties) <= steps / 1000


def test_a_cache_keyed_by_nothing_fails_that_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    monkeypatch.setattr(slots, "owner", lambda *_: b"whoever")
    _, wrong, _ = interleave(tmp_path)
    assert wrong
