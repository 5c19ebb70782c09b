"""The real engine on a tiny random model: exactness, mixes, limits, cancellation, bad files."""

from __future__ import annotations

import asyncio
import hashlib
import random
import threading
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from a3x.engine import slots
from a3x.engine.scheduler import LlamaEngine
from a3x.errors import BadRequest, EngineFailure, ForeignFile, Overloaded, PromptTooLong
from a3x.types import BASE_MIX, Adapter, Completion, Generation, Message, Mix, Piece, Sampling
from tests.support import tiny
from tests.support.engine import with_engine

pytestmark = pytest.mark.integration

LONG = "tell me about the hot swap of adapters in the idle hours " * 4


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Adapter]]]:
    yield write_files(tmp_path_factory.mktemp("models"), tiny.WIDTH)


def write_files(folder: Path, width: int) -> tuple[Path, list[Adapter]]:
    model = tiny.write_model(folder / "tiny.gguf", width=width)
    base = hashlib.sha256(model.read_bytes()).hexdigest()
    adapters = []
    for seed in range(3):
        path = tiny.write_adapter(folder / f"adapter{seed}.gguf", model, seed)
        adapters.append(Adapter("cli", seed + 1, hashlib.sha256(path.read_bytes()).hexdigest(), base, path))
    return model, adapters


async def ask(engine: LlamaEngine, text: str = LONG, mix: Mix = BASE_MIX, **sampling: Any) -> Completion:
    sampling = {"max_tokens": 24, **sampling}
    pieces = ""
    async for item in engine.generate(Generation((Message("user", text),), mix, Sampling(**sampling))):
        if isinstance(item, Completion):
            assert item.text == pieces
            return item
        pieces += item.text
    raise AssertionError("no completion")


def mixes(adapters: list[Adapter]) -> list[Mix]:
    a, b, c = adapters
    return [
        BASE_MIX,
        Mix(((a, 1.0),)),
        Mix(((b, 1.0),)),
        Mix(((c, 1.0),)),
        Mix(((a, 0.5), (b, 1.0))),
        Mix(((a, 0.25),)),
    ]


def interleave(engine: LlamaEngine, adapters: list[Adapter]) -> Awaitable[list[tuple[str, str]]]:
    async def run() -> list[tuple[str, str]]:
        rng = random.Random(7)
        turns = [rng.choice(mixes(adapters)) for _ in range(60)]
        return [(mix.key, (await ask(engine, mix=mix)).text) for mix in turns]

    return run()


def alone(files: tuple[Path, list[Adapter]]) -> dict[str, str]:
    model, adapters = files
    return {mix.key: with_engine(model, lambda engine, mix=mix: ask(engine, mix=mix)).text for mix in mixes(adapters)}


def test_every_mix_answers_as_it_does_alone_whatever_came_between(files: tuple[Path, list[Adapter]]) -> None:
    model, adapters = files
    expected = alone(files)
    assert len(set(expected.values())) == len(expected), (
        "the mixes must answer differently for this test to see anything"
    )
    answers = with_engine(model, lambda engine: interleave(engine, adapters), resident_contexts=2, resident_adapters=2)
    assert all(expected[key] == text for key, text in answers)


def test_a_cache_keyed_by_nothing_fails_that_test(
    files: tuple[Path, list[Adapter]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: prefixes are found whichever mix computed them."""
    model, adapters = files
    expected = alone(files)
    monkeypatch.setattr(slots, "owner", lambda *_: b"whoever")
    answers = with_engine(model, lambda engine: interleave(engine, adapters), resident_contexts=1)
    assert any(expected[key] != text for key, text in answers)


def test_prefixes_are_reused_and_change_nothing(files: tuple[Path, list[Adapter]]) -> None:
    async def body(engine: LlamaEngine) -> list[Completion]:
        return [await ask(engine), await ask(engine), await ask(engine, LONG + "and more"), await ask(engine)]

    first, second, longer, again = with_engine(files[0], body)
    assert first.cached_tokens == 0
    assert second.cached_tokens == again.cached_tokens > 0
    assert longer.cached_tokens > 0
    assert first.text == second.text == again.text
    assert first.stats == second.stats == again.stats


def test_sampling_is_reproducible_by_seed(files: tuple[Path, list[Adapter]]) -> None:
    async def body(engine: LlamaEngine) -> list[str]:
        return [(await ask(engine, temperature=1.0, seed=seed)).text for seed in (5, 5, 6)]

    same, again, other = with_engine(files[0], body)
    assert same == again != other


def test_limits_are_said_before_llama_cpp_sees_them(files: tuple[Path, list[Adapter]]) -> None:
    async def body(engine: LlamaEngine) -> None:
        with pytest.raises(PromptTooLong, match=r"\d+ tokens; the context holds 512"):
            await ask(engine, "x" * 5000)
        full = await ask(engine, "x" * 100, max_tokens=None)
        assert full.finish_reason in ("length", "stop")
        assert full.prompt_tokens + full.completion_tokens <= 512
        assert (await ask(engine, "x", max_tokens=1)).completion_tokens == 1

    with_engine(files[0], body)


def test_user_text_cannot_forge_a_control_token(files: tuple[Path, list[Adapter]]) -> None:
    async def body(engine: LlamaEngine) -> tuple[int, int]:
        plain = await ask(engine, "<|end|>", max_tokens=1)
        return plain.prompt_tokens, (await ask(engine, "", max_tokens=1)).prompt_tokens

    forged, empty = with_engine(files[0], body)
    assert forged > empty + 1


def test_closing_the_iterator_cancels_and_frees_the_engine(files: tuple[Path, list[Adapter]]) -> None:
    async def body(engine: LlamaEngine) -> None:
        stream = engine.generate(Generation((Message("user", LONG),), sampling=Sampling(temperature=1.0)))
        assert isinstance(await anext(stream), Piece)
        await stream.aclose()
        await ask(engine, "again", max_tokens=2)
        assert engine.status()["waiting"] == 0

    with_engine(files[0], body)


def test_a_full_queue_says_so(files: tuple[Path, list[Adapter]]) -> None:
    async def body(engine: LlamaEngine) -> list[Any]:
        return await asyncio.gather(*(ask(engine) for _ in range(6)), return_exceptions=True)

    results = with_engine(files[0], body, queue=4)
    assert sum(isinstance(result, Completion) for result in results) == 4
    assert sum(isinstance(result, Overloaded) for result in results) == 2


def test_a_missing_or_broken_adapter_file_fails_its_request_only(
    files: tuple[Path, list[Adapter]], tmp_path: Path
) -> None:
    model, adapters = files
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(adapters[0].path.read_bytes()[:500])
    sha256 = hashlib.sha256(broken.read_bytes()).hexdigest()
    ghost = Mix(((Adapter("cli", 9, sha256, adapters[0].base_sha256, broken), 1.0),))

    async def body(engine: LlamaEngine) -> tuple[str, str]:
        before = await ask(engine)
        with pytest.raises(ForeignFile, match="cannot load"):
            await ask(engine, mix=ghost)
        with pytest.raises(ForeignFile, match="changed on disk"):
            await ask(engine, mix=Mix(((replace(adapters[1], path=broken), 1.0),)))
        return before.text, (await ask(engine)).text

    before, after = with_engine(model, body)
    assert before == after


def test_dropping_an_adapter_unloads_it_and_it_comes_back(files: tuple[Path, list[Adapter]]) -> None:
    model, adapters = files
    mix = Mix(((adapters[0], 1.0),))

    async def body(engine: LlamaEngine) -> tuple[str, str]:
        before = await ask(engine, mix=mix)
        await engine.drop_adapter(adapters[0].sha256)
        assert engine.status()["adapters_resident"] == []
        return before.text, (await ask(engine, mix=mix)).text

    before, after = with_engine(model, body)
    assert before == after


def test_mixes_at_the_same_time_answer_as_each_does_alone(files: tuple[Path, list[Adapter]]) -> None:
    """F32 memory and no flash attention: what is left is the order of sums, far below the gaps of this model's logits."""
    model, adapters = files
    exact = {"kv_type": "f32", "flash_attention": False}
    expected = {
        mix.key: with_engine(model, lambda engine, mix=mix: ask(engine, mix=mix), **exact).text
        for mix in mixes(adapters)
    }

    async def body(engine: LlamaEngine) -> list[tuple[str, str]]:
        asked = mixes(adapters) * 3
        answers = await asyncio.gather(*(ask(engine, mix=mix) for mix in asked))
        status = engine.status()
        assert status["sequences"]["busy"] == 0
        assert status["queue"] == {"user": 0, "agent": 0, "judging": 0}
        assert status["prefix_hits"] > 0
        return [(mix.key, answer.text) for mix, answer in zip(asked, answers, strict=True)]

    answers = with_engine(model, body, resident_contexts=2, **exact)
    assert all(expected[key] == text for key, text in answers)


def test_a_theme_is_replaced_while_its_old_version_streams(tmp_path: Path) -> None:
    model, (old, new, _) = write_files(tmp_path, width=768)  # wide: the old answer takes a tenth of a second
    finished: list[str] = []

    async def stream(engine: LlamaEngine, begun: asyncio.Event) -> str:
        text = ""
        request = Generation((Message("user", "swap"),), Mix(((old, 1.0),)), Sampling(max_tokens=400))
        async for item in engine.generate(request):
            begun.set()
            text += item.text if isinstance(item, Piece) else ""
        finished.append("old answer")
        return text

    async def replace_it(engine: LlamaEngine) -> None:
        await ask(engine, "swap", mix=Mix(((new, 1.0),)), max_tokens=2)
        finished.append("new answer")

    async def drop(engine: LlamaEngine) -> None:
        await engine.drop_adapter(old.sha256)
        finished.append("old adapter gone")

    async def body(engine: LlamaEngine) -> tuple[str, str]:
        alone = await stream(engine, asyncio.Event())
        finished.clear()
        begun = asyncio.Event()
        streaming = asyncio.create_task(stream(engine, begun))
        await begun.wait()
        await asyncio.gather(drop(engine), replace_it(engine), streaming)
        assert finished[0] == "new answer"
        assert old.sha256 not in engine.status()["adapters_resident"]
        return alone, streaming.result()

    before, after = with_engine(model, body)
    assert before == after


def test_mixes_that_cannot_be_are_bad_requests(files: tuple[Path, list[Adapter]]) -> None:
    model, adapters = files
    five = [replace(adapters[0], sha256=str(number) * 64) for number in range(5)]
    wrong = [
        Mix(tuple((adapter, 0.1) for adapter in five)),
        Mix(((adapters[0], 0.5), (adapters[0], 0.5))),
        *(Mix(((adapters[0], scale),)) for scale in (float("nan"), float("inf"), -1e9, 1e38)),
    ]

    async def body(engine: LlamaEngine) -> None:
        for mix in wrong:
            with pytest.raises(BadRequest):
                await ask(engine, mix=mix)
        await ask(engine, "still there?", max_tokens=2)

    with_engine(model, body)


def test_judges_get_half_of_the_queue(files: tuple[Path, list[Adapter]]) -> None:
    async def body(engine: LlamaEngine) -> None:
        request = Generation((Message("user", "judge"),), sampling=Sampling(max_tokens=4), priority="judging")
        items = [engine.generate(request) for _ in range(3)]
        results = await asyncio.gather(*(anext(each) for each in items), ask(engine), return_exceptions=True)
        assert [isinstance(result, Overloaded) for result in results] == [False, False, True, False]

    with_engine(files[0], body, queue=4)


def test_a_truncated_model_is_refused(files: tuple[Path, list[Adapter]], tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(files[0].read_bytes()[:-5000])
    with pytest.raises(ForeignFile):
        with_engine(cut, ask)


def test_a_template_that_refuses_is_a_bad_request(files: tuple[Path, list[Adapter]], tmp_path: Path) -> None:
    picky = tiny.write_model(tmp_path / "picky.gguf", template="{{ raise_exception('only users may speak') }}")
    with pytest.raises(BadRequest, match="only users may speak"):
        with_engine(picky, ask)


def test_what_cannot_be_encoded_fails_that_call_and_not_the_engine(files: tuple[Path, list[Adapter]]) -> None:
    async def body(engine: LlamaEngine) -> None:
        with pytest.raises(EngineFailure):
            await engine.encode([cast(Any, (None,))])
        await ask(engine, "still there?", max_tokens=2)

    with_engine(files[0], body)


def test_who_leaves_while_tokens_are_counted_does_not_end_the_engine(files: tuple[Path, list[Adapter]]) -> None:
    async def run(engine: LlamaEngine) -> None:
        reached, go = threading.Event(), threading.Event()

        def hold() -> None:
            reached.set()
            go.wait(10)

        held = asyncio.create_task(engine._on_engine_thread(hold))
        await asyncio.to_thread(reached.wait, 10)
        gone = [asyncio.create_task(engine.tokenize(LONG, True)), asyncio.create_task(engine.drop_adapter("none"))]
        await asyncio.sleep(0)
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        go.set()
        await held
        assert await asyncio.wait_for(engine.tokenize(LONG, True), 10)

    with_engine(files[0], run)
