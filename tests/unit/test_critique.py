"""An answer beside what was recalled for it."""

from __future__ import annotations

import pytest

from a3x.agent.critique import MAX_ANSWER_WORDS, check
from a3x.memory.recall import Source


def source(value: str) -> Source:
    return Source("exp_1", 0.9, "", f"my code is {value}", value)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("8471", "agrees"),
        ("It is 8471.", "agrees"),
        ("9021", "contradicts"),
        ("It is 84711.", "contradicts"),
        ("I don't know that yet. Tell me and I will remember.", None),
        ("Ainda não sei. Me conte e eu vou lembrar.", None),
        ("", None),
        ("word " * (MAX_ANSWER_WORDS + 1), None),
    ],
)
def test_verdicts(answer: str, verdict: str | None) -> None:
    assert check(answer, [source("8471")]) == verdict


def test_the_value_of_any_recalled_fact_agrees_and_nothing_recalled_is_no_verdict() -> None:
    assert check("São Tomé", [source("8471"), source("sao tome")]) == "agrees"
    assert check("8471", []) is None
    assert check("8471", [source("")]) is None
    assert check("Tomé", [source("rua de São Tomé")]) == "agrees", "part of a value"
