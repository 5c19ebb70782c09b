"""Learning rates: the ends, the middle, the restarts."""

from __future__ import annotations

import pytest

from a3x.runs import ScheduleSpec
from a3x.train.schedule import rate


def test_warm_up_rises_to_the_peak() -> None:
    spec = ScheduleSpec(kind="linear", warmup_steps=4)
    assert [rate(spec, 1.0, step, 8) for step in range(8)] == [0.25, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.25]


def test_cosine_falls_to_eta_min() -> None:
    spec = ScheduleSpec(kind="cosine", eta_min=0.2)
    assert rate(spec, 1.0, 0, 100) == 1.0
    assert rate(spec, 1.0, 50, 100) == pytest.approx(0.6)
    assert rate(spec, 1.0, 100, 100) == pytest.approx(0.2)


def test_restarts_begin_again_with_longer_periods() -> None:
    spec = ScheduleSpec(kind="cosine_restarts", t_0=10, t_mult=2)
    assert [rate(spec, 1.0, step, 100) for step in (0, 10, 30)] == [1.0, 1.0, 1.0]
    assert rate(spec, 1.0, 5, 100) == pytest.approx(0.5)
    assert rate(spec, 1.0, 20, 100) == pytest.approx(0.5)
    assert rate(spec, 1.0, 9, 100) < 0.05
