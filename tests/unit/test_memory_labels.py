"""Labels and their calibration: Platt's fit finds the truth it was drawn from, and says so only with enough to go by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.config import PrioritySection
from a3x.memory import labels

LIMITS = PrioritySection()


def drawn(n: int, a: float, b: float, seed: int = 0) -> list[tuple[float, bool]]:
    chance = np.random.default_rng(seed)
    doubts = chance.random(n)
    right = chance.random(n) < [labels.probability(doubt, a, b) for doubt in doubts]
    return [(float(doubt), bool(one)) for doubt, one in zip(doubts, right, strict=True)]


def test_the_fit_finds_the_truth() -> None:
    made = labels.calibrate(drawn(4000, 5.0, -2.0), 7.0, 50)
    assert made is not None
    assert (made.a, made.b) == (pytest.approx(5.0, abs=0.5), pytest.approx(-2.0, abs=0.3))
    assert made.ece < 0.03
    assert made.brier < made.brier_base - 0.05
    assert (made.n, made.when, sum(one.n for one in made.bins)) == (4000, 7.0, 4000)


def test_doubt_that_says_nothing_gets_the_share_that_is_right() -> None:
    """Negative control: outcomes dealt out anew. Doubt that says the opposite is not believed either."""
    known = drawn(2000, 5.0, -2.0)
    shuffled = np.random.default_rng(1).permutation([right for _, right in known])
    made = labels.calibrate([(doubt, bool(one)) for (doubt, _), one in zip(known, shuffled, strict=True)], 0.0, 50)
    assert made is not None
    assert made.brier > made.brier_base - 0.005
    a, b = labels.fit(np.array([doubt for doubt, _ in known]), np.array([not right for _, right in known]))
    assert a == 0.0
    assert labels.probability(0.5, a, b) == pytest.approx(np.mean([not right for _, right in known]), abs=0.01)


@pytest.mark.parametrize("known", [drawn(49, 5.0, -2.0), [(0.1, True)] * 100, [(0.1, True)] * 100 + [(0.9, False)] * 4])
def test_too_little_is_not_calibrated(known: list[tuple[float, bool]]) -> None:
    assert labels.calibrate(known, 0.0, 50) is None


def test_labels() -> None:
    assert [labels.label(doubt, None, None, LIMITS)[0] for doubt in (0.0, 0.5, 1.0)] == [
        "reliable",
        "hesitant",
        "erroneous",
    ]
    assert labels.label(0.0, None, None, LIMITS)[1] == "uncalibrated"
    assert labels.label(0.0, False, None, LIMITS)[:2] == ("erroneous", "known")
    made = labels.calibrate(drawn(500, 5.0, -2.0), 0.0, 50)
    assert labels.label(0.0, None, made, LIMITS)[1] == "calibrated"


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=10, max_size=80))
def test_any_outcomes_give_a_fit_that_falls_with_doubt(known: list[tuple[float, bool]]) -> None:
    a, b = labels.fit(np.array([doubt for doubt, _ in known]), np.array([right for _, right in known]))
    assert a >= 0
    assert np.isfinite([a, b]).all()
    assert labels.probability(1.0, a, b) <= labels.probability(0.0, a, b)


def test_the_reliability_table() -> None:
    bins = labels.reliability(np.array([0.05, 0.95, 0.95, 1.0]), np.array([False, True, True, False]))
    assert [(one.low, one.n, one.share_right) for one in bins] == [(0.0, 1, 0.0), (0.9, 3, pytest.approx(2 / 3))]
    assert labels.expected_error(bins) == pytest.approx((0.05 + 3 * abs(2.9 / 3 - 2 / 3)) / 4)
