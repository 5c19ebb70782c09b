"""Issue 4, "Bad input", through the engine's own door and through HTTP: a clear error or an answer, and the engine unharmed.

The engine is abused in a child, so that an abort of llama.cpp fails one case and is named. Files are fuzzed by the thousand
in the campaign; here by the hundred. What the HTTP edge refuses by itself stands in ``test_bad_input.py``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
import pytest

from a3x import resources
from a3x.agent.scripted import ScriptedAgent
from a3x.child import Preloaded
from a3x.engine.trial import needs_plain_kernels
from a3x.errors import EngineFailure, ForeignFile
from a3x.gguf.check import Checker
from a3x.types import Piece
from tests.support import abuse, taster, tiny
from tests.support.crowd import Crowd
from tests.support.daemon import Daemon
from tests.support.http_house import FakeServices
from tests.support.mutants import mutate_anywhere
from tests.support.scripted_daemon import scripted_daemon

pytestmark = pytest.mark.integration

ADAPTERS = 150
MODELS = 40
REQUESTS = 150

EXPECTED = {
    "scale nan": "(BadRequest|EngineFailure): .*(finite|limit)",
    "scale inf": "(BadRequest|EngineFailure): .*(finite|limit)",
    "scale -inf": "(BadRequest|EngineFailure): .*(finite|limit)",
    "scale huge": "answer|(BadRequest|EngineFailure): .",
    "scale tiny": "answer",
    "scale beyond float32": "(BadRequest|EngineFailure): .",
    "adapter missing": "ForeignFile: .",
    "adapter empty": "ForeignFile: .",
    "adapter cut in its header": "ForeignFile: .",
    "adapter cut in its numbers": "ForeignFile: .",
    "adapter of another model": "ForeignFile: .",
    "adapter is a model": "ForeignFile: .",
    "context": r"\{'fits': 66, 'PromptTooLong': 4\}",
    "a thousand stop strings": "same True, stopped True",
    "extreme sampling": "(stop |length ){7}(stop|length)",
    "a crowd that leaves": "'left': [0-9]+",
    "a slow listener": "whole True, others True",
    "no messages": ".",
    "half a character": "EngineFailure: .|BadRequest: .",
    "our own marks": "answer",
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Preloaded]:
    with Preloaded("tests.support.abuse", limit_s=120) as child:
        yield child


def test_every_case_is_expected_to_end_somehow() -> None:
    assert EXPECTED.keys() == abuse.CASES.keys()


@pytest.mark.parametrize("case", EXPECTED)
def test_abuse_ends_in_a_clear_error_or_an_answer(engine: Preloaded, case: str) -> None:
    ended = engine.ask(case)
    assert ended.code == 0, ended
    assert re.search(EXPECTED[case], ended.said), ended.said


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("base") / "base.gguf")


def test_mutated_adapters_are_refused_with_a_reason_or_harmless(base: Path, tmp_path: Path) -> None:
    good = tiny.write_adapter(tmp_path / "good.gguf", base, seed=1).read_bytes()
    header = int(gguf.GGUFReader(tmp_path / "good.gguf").data_offset)
    path, refused = tmp_path / "mutant.gguf", 0
    with Checker() as checker, Preloaded("tests.support.taster", limit_s=60) as tasting:
        for seed in range(ADAPTERS):
            path.write_bytes(mutate_anywhere(good, header, random.Random(seed)))
            try:
                checker.adapter(path, base)
            except ForeignFile as error:
                assert error.message
                assert "broke its checker" not in error.message, seed
                refused += 1
            else:
                ended = tasting.ask([str(base), str(path)])
                assert ended.code in (0, taster.REFUSED), (seed, ended)
    assert 0 < refused < ADAPTERS


def test_mutated_models_are_refused_with_a_reason_or_tried_out_in_a_child(base: Path, tmp_path: Path) -> None:
    """Only every fifth that passes the checks is tried out: a trial takes most of a second."""
    header = int(gguf.GGUFReader(base).data_offset)
    path, passed = tmp_path / "mutant.gguf", 0
    with Checker() as checker:
        for seed in range(MODELS):
            path.write_bytes(mutate_anywhere(base.read_bytes(), header, random.Random(seed)))
            try:
                checker.model(path)
            except ForeignFile as error:
                assert "broke its checker" not in error.message, seed
                continue
            passed += 1
            if passed % 5 == 1:
                try:
                    needs_plain_kernels(path, 0)
                except ForeignFile as error:
                    assert "cannot be served" in error.message
    assert 0 < passed < MODELS


def test_a_model_with_nan_is_refused_before_it_serves(base: Path, tmp_path: Path) -> None:
    data = bytearray(base.read_bytes())
    tensor = gguf.GGUFReader(base).tensors[0]
    start = int(tensor.data_offset)
    data[start : start + 16] = np.full(4, np.nan, np.float32).tobytes()
    (tmp_path / "nan.gguf").write_bytes(data)
    with pytest.raises(ForeignFile, match="cannot be served"):
        needs_plain_kernels(tmp_path / "nan.gguf", 0)


def test_a_crowd_of_good_and_bad_clients_leaves_nothing_behind(tmp_path: Path) -> None:
    """The campaign's twenty thousand, in small."""
    adapter = tiny.write_adapter(tmp_path / "a.gguf", resources.seed_model(), 1, strength=0.1)
    with Daemon(tmp_path / "home", env={"A3X_LEARN__MODE": "off"}) as daemon, daemon.client() as client:
        client.post("/a3x/adapters/cli", content=adapter.read_bytes()).raise_for_status()
        before = daemon.chat("Who are you?", model="a3x:base", max_tokens=24)["choices"][0]["message"]
        crowd = Crowd(daemon.url, 7, ("a3x:base", "a3x:cli@1", "a3x:cli@1=0.5"))
        outcomes = crowd.ask_all(range(REQUESTS), clients=8)
        assert [outcome for outcome in outcomes if outcome.trouble] == []
        assert daemon.chat("Who are you?", model="a3x:base", max_tokens=24)["choices"][0]["message"] == before
        assert client.get("/a3x/status").json()["pid"] == daemon.pid


def test_the_crowd_tells_of_a_daemon_that_fails(tmp_path: Path) -> None:
    """Negative control: an engine that fails before or in mid-answer is trouble in every kind that waits for the answer."""
    for script in ((EngineFailure("lost"),), (Piece("a"), EngineFailure("lost"))):
        with scripted_daemon(tmp_path, FakeServices(ScriptedAgent(script))) as url:
            outcomes = Crowd(url, 7, ("a3x",)).ask_all(range(40), clients=4)
        waited = [outcome for outcome in outcomes if outcome.kind in ("whole", "stream", "slow reader")]
        assert waited
        assert all(outcome.trouble for outcome in waited)
