"""The benches' arithmetic and load generator: verdicts by the worse bound, tokens as the server counts them."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from a3x.agent.scripted import ScriptedAgent
from a3x.errors import EngineFailure
from a3x.types import Piece
from benchmarks.support import load
from benchmarks.support.paired import Budget, interleaved, of_quantiles, of_sums, ratio, write_evidence
from tests.support.http_house import ASK, FakeServices
from tests.support.scripted_daemon import scripted_daemon

BODY = {**ASK, "stream": True, "stream_options": {"include_usage": True}}


def noisy(middle: float, spread: float, seed: int = 1, pairs: int = 12) -> list[tuple[float, float]]:
    rng = random.Random(seed)
    return [(middle * rng.lognormvariate(0, spread) * 100, 100.0) for _ in range(pairs)]


def test_quantiles_and_sums_by_hand() -> None:
    pairs = [(float(n), 1.0 if n < 100 else 10.0) for n in range(1, 101)]
    assert of_quantiles("p50", pairs, 0.5, "s").middle == pytest.approx(50.5)
    assert of_quantiles("p100", pairs, 1.0, "s").middle == pytest.approx(10.0)
    found = of_sums("recall", [(9.0, 10.0), (10.0, 10.0), (8.0, 10.0)], "of 10", Budget("at least", 0.8))
    assert found.middle == pytest.approx(0.9)
    assert 0.8 <= found.low < 0.9 < found.high <= 1.0
    assert found.verdict == "met"
    assert of_sums("recall", [(7.0, 10.0), (10.0, 10.0)], "of 10", Budget("at least", 0.8)).verdict == "missed"


def test_the_interval_holds_the_truth_and_narrows_with_the_noise() -> None:
    calm, busy = ratio("calm", noisy(1.5, 0.01), "x"), ratio("busy", noisy(1.5, 0.3), "x")
    assert calm.low < 1.5 < calm.high
    assert calm.high - calm.low < (busy.high - busy.low) / 5
    assert calm.middle == pytest.approx(1.5, rel=0.02)
    assert calm.verdict == "no budget"


@pytest.mark.parametrize(
    ("middle", "spread", "budget", "verdict"),
    [
        (1.6, 0.01, Budget("at least", 1.5), "met"),
        (1.6, 0.6, Budget("at least", 1.5), "missed"),
        (1.4, 0.01, Budget("at least", 1.5), "missed"),
        (1.1, 0.01, Budget("at most", 1.2), "met"),
        (1.3, 0.01, Budget("at most", 1.2), "missed"),
        (1.1, 0.6, Budget("at most", 1.2), "missed"),
    ],
)
def test_a_budget_is_met_by_the_worse_bound(middle: float, spread: float, budget: Budget, verdict: str) -> None:
    assert ratio("a", noisy(middle, spread), "x", budget).verdict == verdict


def test_pairs_are_interleaved() -> None:
    order: list[str] = []

    def side(name: str, value: float) -> float:
        order.append(name)
        return value

    assert interleaved(lambda: side("a", 1.0), lambda: side("b", 2.0), 3) == [(1.0, 2.0)] * 3
    assert "".join(order) == "abbaab"


def test_the_evidence_can_be_read_again(tmp_path: Path) -> None:
    figure = ratio("a", noisy(2.0, 0.1), "x", Budget("at least", 1.0))
    write_evidence(tmp_path / "e" / "serve.json", "serve", [figure], {"pairs": 12})
    said = json.loads((tmp_path / "e" / "serve.json").read_text())
    assert (said["ratios"][0]["verdict"], len(said["ratios"][0]["pairs"]), said["settings"]) == (
        "met",
        12,
        {"pairs": 12},
    )


def test_the_load_generator_counts_what_the_server_counts(tmp_path: Path) -> None:
    script = (Piece("a"), 0.3, Piece("b"), Piece("c"))
    with scripted_daemon(tmp_path, FakeServices(ScriptedAgent(script))) as url:
        wanted = load.request(url, "/v1/chat/completions", BODY)
        streams = load.run(url, [[wanted, wanted], [wanted]])
    assert [len(answers) for answers in streams] == [2, 1]
    for answer in (answer for answers in streams for answer in answers):
        assert answer.tokens == 3
        assert 0.0 < answer.first_s < answer.ended - answer.sent
        assert answer.ended - answer.sent > 0.29
    assert load.tokens_per_s(streams) < 9 / 0.59


def test_the_load_generator_takes_nothing_else_for_an_answer(tmp_path: Path) -> None:
    with scripted_daemon(tmp_path, FakeServices(ScriptedAgent((EngineFailure("lost"),)))) as url:
        for path in ("/v1/chat/completions", "/nowhere"):
            with pytest.raises(RuntimeError, match="not a streamed answer"):
                load.run(url, [[load.request(url, path, BODY)]])
