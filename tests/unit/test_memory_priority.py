"""The formula of priority: each sign raises it, none passes 1, and the explanation says the figures."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.config import PrioritySection
from a3x.memory import priority
from a3x.memory.novelty import Place
from a3x.memory.priority import Evidence, Term
from a3x.memory.signals import Reaction
from a3x.types import Experience, Feedback

WEIGHTS = PrioritySection()
SURE = {"mean_logprob": -0.02, "worst_logprob": -0.3, "mean_entropy": 0.05, "tokens": 20}
SPAN = Experience("exp-1", "user:local", "chat", "q", 0.0, "completed", "a", uncertainty=SURE)


def score(evidence: Evidence) -> float:
    return priority.score(priority.terms(evidence, WEIGHTS))


@pytest.mark.parametrize(
    "more",
    [
        Evidence(replace(SPAN, uncertainty={**SURE, "mean_entropy": 2.0})),
        Evidence(replace(SPAN, uncertainty={**SURE, "worst_logprob": -8.0})),
        Evidence(replace(SPAN, status="failed", if_not="llama.cpp refused")),
        Evidence(replace(SPAN, status="failed", if_not="cancelled")),
        Evidence(replace(SPAN, tools=({"exit_code": 2, "ok": False},))),
        Evidence(replace(SPAN, tools=({"exception": "KeyError"},))),
        Evidence(replace(SPAN, tools=({"exit_code": 0, "stderr": "warning"},)), reaction=Reaction("complained")),
        Evidence(SPAN, reaction=Reaction("rephrased", 0.8)),
        Evidence(SPAN, (Feedback("exp-1", -1, None, 0.0),)),
        Evidence(SPAN, (Feedback("exp-1", -1, "b", 0.0),)),
        Evidence(SPAN, place=Place(1, 0, 0.0, 0.0, 1)),
        Evidence(SPAN, place=Place(1, 0, 0.6, 0.3, 400)),
    ],
)
def test_every_sign_raises_it(more: Evidence) -> None:
    assert score(more) > score(Evidence(SPAN)) + 0.01


def test_acceptance_lowers_it_unless_something_was_wrong() -> None:
    thanked = Reaction("thanked")
    assert score(Evidence(SPAN, reaction=thanked)) < score(Evidence(SPAN))
    failed = replace(SPAN, tools=({"exit_code": 1, "ok": False},))
    assert score(Evidence(failed, reaction=thanked)) == score(Evidence(failed))


def test_an_error_that_was_recovered_from_counts_less() -> None:
    bad, good = {"exit_code": 1, "ok": False}, {"exit_code": 0, "ok": True}
    recovered, ended = (score(Evidence(replace(SPAN, tools=tools))) for tools in ((bad, good), (good, bad)))
    assert score(Evidence(SPAN)) < recovered < ended


def test_a_cluster_that_grows_is_less_novel() -> None:
    sizes = [score(Evidence(SPAN, place=Place(1, 0, 0.2, 0.2, size))) for size in (1, 4, 100)]
    assert sizes == sorted(sizes, reverse=True)


shares = st.floats(0, 1)


@given(st.lists(st.tuples(shares, shares), min_size=6, max_size=6))
def test_it_stays_in_bounds_and_grows_with_each_term(pairs: list[tuple[float, float]]) -> None:
    names = (*priority.RAISING, priority.ACCEPTED)
    found = [Term(name, value, weight, "") for name, (value, weight) in zip(names, pairs, strict=True)]
    whole = priority.score(found)
    assert 0.0 <= whole <= 1.0
    for number in range(len(priority.RAISING)):
        more = [replace(term, value=1.0) if place == number else term for place, term in enumerate(found)]
        assert priority.score(more) >= whole - 1e-12
    lines = priority.explain({term.name: asdict(term) for term in found}, whole)
    assert len(lines) == 7
    assert f"{whole:.3f}" in lines[0]


def test_the_outcome_is_the_last_clear_word() -> None:
    ran = replace(SPAN, tools=({"exit_code": 1}, {"exit_code": 0}))
    good, bad, none = (Feedback("exp-1", rating, None, 0.0) for rating in (1, -1, 0))
    assert priority.outcome(SPAN, ()) is None
    assert priority.outcome(SPAN, (none,)) is None
    assert priority.outcome(ran, ()) is True
    assert priority.outcome(ran, (bad, none)) is False
    assert priority.outcome(SPAN, (bad, good)) is True


def test_doubt_does_not_know_the_outcome() -> None:
    judged = Evidence(replace(SPAN, tools=({"exit_code": 1, "ok": False},)), (Feedback("exp-1", -1, "b", 0.0),))
    plain, known = (priority.doubt(priority.terms(one, WEIGHTS)) for one in (Evidence(SPAN), judged))
    assert plain == known


def test_why_holds_no_text_of_the_user() -> None:
    secret = replace(SPAN, this="hunter2", if_ok="hunter2", tools=({"exit_code": 1, "stderr": "hunter2"},))
    found = priority.terms(Evidence(secret, (Feedback("exp-1", -1, "hunter2", 0.0),)), WEIGHTS)
    assert "hunter2" not in str(found)
