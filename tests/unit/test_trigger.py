"""When to learn: each rule can say no, with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from a3x.config import LearnSection
from a3x.learn.trigger import Situation, decide

GOOD = Situation(unlearned=8, unfinished=False, cpu_busy=0.1, since_request_s=600, since_cycle_s=9999)
SETTINGS = LearnSection()


def test_everything_right_opens_a_cycle() -> None:
    assert decide(GOOD, SETTINGS).train


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"unlearned": 7}, "needed"),
        ({"unfinished": True}, "finished"),
        ({"cpu_busy": 0.3}, "busy"),
        ({"cpu_busy": None}, "cannot be read"),
        ({"since_request_s": 10}, "request"),
        ({"since_cycle_s": 10}, "short while"),
        ({"paused": "learning is paused: no room"}, "no room"),
    ],
)
def test_each_rule_says_no_with_its_reason(change: dict[str, object], word: str) -> None:
    decision = decide(replace(GOOD, **change), SETTINGS)  # type: ignore[arg-type]
    assert not decision.train
    assert word in decision.reason


def test_mode_off() -> None:
    assert not decide(GOOD, LearnSection(mode="off")).train
