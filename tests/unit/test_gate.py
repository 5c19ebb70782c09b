"""The gate: what it lets through, what it stops, and that better never loses to worse.

Every property is a function of a gate, so that the negative control can show that a gate which always says yes,
or one that looks at the lesson alone, does not have it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a3x.errors import Conflict
from a3x.judge import gate
from a3x.judge.gate import FACTS, LESSON, Policy, Results, Trial, Verdict, mcnemar
from a3x.judge.run import SuiteResult
from a3x.judge.suites import FIXED

Score = int | None
Judge = Callable[[Trial, Results, Results, Results | None, Results | None, Policy], Verdict]

TRIAL = Trial("cli", "cli@2", "cli@1", tries=1, key=b"k")
POLICY = Policy(theme_suites=("cli",))
SIZES = {**dict.fromkeys(FIXED, 100), LESSON: 24, FACTS: 20}


def result(suite: str, scores: Sequence[Score]) -> SuiteResult:
    named: Mapping[str, Any] = {f"{suite}-{at}": score for at, score in enumerate(scores)}
    return SuiteResult(suite, f"sha-{suite}-{len(scores)}", named, tuple(f"secret {score}" for score in scores))


def results(right: Mapping[str, int], none: Mapping[str, int] | None = None) -> Results:
    """The first ``right`` items of each suite right, the last ``none`` not judged."""
    made = {}
    for suite, size in SIZES.items():
        scores: list[Score] = [1 if at < right.get(suite, 50 if suite in FIXED else 0) else 0 for at in range(size)]
        for at in range((none or {}).get(suite, 0)):
            scores[-1 - at] = None
        made[suite] = result(suite, scores)
    return made


ACTIVE = results({FACTS: 18})
GOOD = {LESSON: 20, FACTS: 18}


class AlwaysYes:
    """Negative control: a gate that has been argued out of its job."""

    def __call__(self, trial: Trial, *_: Any) -> Verdict:
        return Verdict("promote", trial.theme, trial.candidate, trial.active, 1, 0.05, (), {}, {})


class LessonOnly:
    """Negative control: forgets everything but what was just taught."""

    def __call__(self, trial: Trial, candidate: Results, *others: Any) -> Verdict:
        right = candidate[LESSON].right >= 0.6 * len(candidate[LESSON].scores)
        return replace(AlwaysYes()(trial), decision="promote" if right else "reject")


def says(judge: Judge, right: Mapping[str, int], active: Results = ACTIVE, **changes: Any) -> str:
    policy, trial = changes.get("policy", POLICY), replace(TRIAL, tries=changes.get("tries", 1))
    candidate = results(right, changes.get("none"))
    return judge(trial, candidate, active, None, changes.get("golden"), policy).decision


# --- what must be stopped --------------------------------------------------------------------------------------------

STOPPED: Mapping[str, Callable[[Judge], str]] = {
    "nothing changed": lambda judge: judge(TRIAL, ACTIVE, ACTIVE, None, None, POLICY).decision,
    "nothing learnt": lambda judge: says(judge, {FACTS: 20}),
    "too little learnt": lambda judge: says(judge, {**GOOD, LESSON: 14}),
    "no better than before": lambda judge: says(judge, {**GOOD, LESSON: 20}, results({LESSON: 18, FACTS: 18})),
    "a suite fell": lambda judge: says(judge, {**GOOD, "dialogue": 47}),
    "golden ancestor": lambda judge: says(judge, {**GOOD, "tools": 49}, golden=results({"tools": 54})),
    "facts contradicted": lambda judge: says(judge, {**GOOD, FACTS: 4}),
    "facts swapped": lambda judge: judge(TRIAL, swapped_facts(), ACTIVE, None, None, POLICY).decision,
    "not judged": lambda judge: says(judge, GOOD, none={"cli": 1}),
    "lesson not judged": lambda judge: says(judge, GOOD, none={LESSON: 1}),
    "suite left out": lambda judge: judge(TRIAL, without("reading"), ACTIVE, None, None, POLICY).decision,
    "facts left out": lambda judge: judge(TRIAL, without(FACTS), ACTIVE, None, None, POLICY).decision,
    "alpha spent": lambda judge: says(judge, {**GOOD, LESSON: 24}, results({LESSON: 18, FACTS: 18}), tries=2),
}


def without(suite: str) -> Results:
    return {name: each for name, each in results(GOOD).items() if name != suite}


def swapped_facts() -> Results:
    """As many facts right as before, but others: two gained do not pay for two lost."""
    return {**results(GOOD), FACTS: result(FACTS, [0, 0, *[1] * 18])}


@pytest.mark.parametrize("case", STOPPED)
def test_it_stops(case: str) -> None:
    assert STOPPED[case](gate.judge) == "reject"


def test_the_cases_can_fail() -> None:
    assert {case for case, judged in STOPPED.items() if judged(AlwaysYes()) == "promote"} == set(STOPPED)
    passed = {case for case, judged in STOPPED.items() if judged(LessonOnly()) == "promote"}
    assert {"a suite fell", "facts contradicted", "not judged", "golden ancestor", "alpha spent"} <= passed


@pytest.mark.parametrize(
    "right",
    [GOOD, {**GOOD, LESSON: 15}, {**GOOD, "dialogue": 48}, {**GOOD, "cli": 60}, {**GOOD, FACTS: 20},
     {**GOOD, FACTS: 17}],
)  # fmt: skip
def test_it_lets_through(right: Mapping[str, int]) -> None:
    assert says(gate.judge, right) == "promote"


def test_a_first_try_may_pass_where_a_second_may_not() -> None:
    before = results({LESSON: 18, FACTS: 18})
    assert says(gate.judge, {**GOOD, LESSON: 24}, before, tries=1) == "promote"
    assert says(gate.judge, {**GOOD, LESSON: 24}, before, tries=2) == "reject"


def test_what_other_themes_need_does_not_block() -> None:
    assert says(gate.judge, GOOD, none={"python": 30}) == "promote"
    assert says(gate.judge, GOOD, none={"python": 30}, policy=Policy(theme_suites=("python",))) == "reject"


def test_an_empty_facts_suite_is_a_first_cycle() -> None:
    first, before = {**results(GOOD), FACTS: result(FACTS, [])}, {**ACTIVE, FACTS: result(FACTS, [])}
    assert gate.judge(TRIAL, first, before, None, None, POLICY).decision == "promote"


def test_each_reason_says_what_and_how_much() -> None:
    verdict = gate.judge(TRIAL, results({LESSON: 3, FACTS: 9, "tools": 40}, {"cli": 2}), ACTIVE, ACTIVE, None, POLICY)
    assert [(reason.rule, reason.suite) for reason in verdict.reasons] == [
        ("not_judged", "cli"),
        ("lesson_share", LESSON),
        ("lesson_p", LESSON),
        ("facts", FACTS),
        ("fallen", "tools"),
    ]
    texts = [reason.text for reason in verdict.reasons]
    assert texts[1] == "lesson: a share of 0.125 right; at least 0.6 is needed"
    assert texts[2] == "lesson: p = 0.125 that nothing improved; less than 0.025 is needed"
    assert texts[-1] == "suite tools fell by 10 items against the active version; at most 2 may be"


# --- the evidence ----------------------------------------------------------------------------------------------------


def test_numbers_are_paired_over_what_both_judged() -> None:
    candidate = {**results(GOOD), "cli": result("cli", [1, 1, 0, 0, None, 1])}
    active = {**ACTIVE, "cli": result("cli", [1, 0, 1, 0, 1, None])}
    found = gate.judge(TRIAL, candidate, active, active, None, POLICY).numbers["cli"]
    assert (found.items, found.not_judged, found.gained, found.lost) == (6, 2, 1, 1)
    assert (found.candidate_right, found.active_right, found.base_right, found.golden_right) == (2, 2, 2, None)
    assert found.p_better == found.p_worse == 0.75


@pytest.mark.parametrize(("more", "less", "p"), [(0, 0, 1.0), (5, 0, 1 / 32), (0, 5, 1.0), (9, 1, 11 / 1024)])
def test_mcnemar(more: int, less: int, p: float) -> None:
    assert mcnemar(more, less) == pytest.approx(p)


def test_alpha_is_spent_to_no_more_than_its_whole() -> None:
    alphas = [
        gate.judge(replace(TRIAL, tries=tries), ACTIVE, ACTIVE, None, None, POLICY).alpha for tries in range(1, 40)
    ]
    assert alphas[0] == POLICY.alpha / 2
    assert sum(alphas) <= POLICY.alpha
    assert alphas == sorted(alphas, reverse=True)


@pytest.mark.parametrize("tries", [0, -1])
def test_a_try_is_counted_from_one(tries: int) -> None:
    with pytest.raises(ValueError, match="from 1"):
        replace(TRIAL, tries=tries)


def test_different_items_cannot_be_compared() -> None:
    other = {**ACTIVE, "cli": replace(ACTIVE["cli"], sha256="other")}
    for pair in ((other, None, None), (ACTIVE, other, None), (ACTIVE, None, other)):
        with pytest.raises(Conflict, match="cli was judged on different items"):
            gate.judge(TRIAL, results(GOOD), *pair, POLICY)


def test_json_holds_no_answer_and_tells_equal_answers_from_others() -> None:
    verdict = gate.judge(TRIAL, results(GOOD), ACTIVE, ACTIVE, ACTIVE, POLICY)
    text = json.dumps(verdict.to_json(), allow_nan=False)
    assert "secret" not in text
    again = json.loads(text)
    assert again["decision"] == "promote"
    assert again["numbers"][LESSON]["gained"] == 20
    assert again["suites"]["cli"] == "sha-cli-100"
    other = gate.judge(replace(TRIAL, key=b"l"), results(GOOD), ACTIVE, None, None, POLICY)
    same = gate.judge(TRIAL, results({**GOOD, "cli": 60}), ACTIVE, None, None, POLICY)
    assert verdict.answers["python"] != other.answers["python"]
    assert verdict.answers["python"] == same.answers["python"]
    assert verdict.answers["cli"] != same.answers["cli"]


# --- properties ------------------------------------------------------------------------------------------------------

SMALL = {**dict.fromkeys(FIXED, 6), LESSON: 10, FACTS: 4}
LOOSE = Policy(alpha=0.2, max_drop=0.2, max_drop_from_golden=0.35, max_facts_lost=0.3, theme_suites=("cli",))


def drawn(share: float, none: bool = False) -> st.SearchStrategy[dict[str, list[Score]]]:
    """Scores of every suite; about ``share`` of them right."""
    right = st.integers(0, 99).map(lambda number: int(number < share * 100))
    score = st.one_of(right, st.none()) if none else right
    return st.fixed_dictionaries({name: st.lists(score, min_size=n, max_size=n) for name, n in SMALL.items()})


def of(scores: Mapping[str, Sequence[Score]]) -> Results:
    return {name: result(name, each) for name, each in scores.items()}


def check_monotone(judge: Judge, worse: Any, active: Any, golden: Any, lift: Any) -> None:
    better = {name: [max(a, b) for a, b in zip(worse[name], lift[name], strict=True)] for name in worse}
    low = judge(TRIAL, of(worse), of(active), None, of(golden), LOOSE)
    high = judge(TRIAL, of(better), of(active), None, of(golden), LOOSE)
    assert not (low.decision == "promote" and high.decision == "reject")


def check_same_is_not_better(judge: Judge, scores: Any, tries: int) -> None:
    trial = replace(TRIAL, tries=tries)
    assert judge(trial, of(scores), of(scores), of(scores), of(scores), LOOSE).decision == "reject"


def check_worse_is_not_better(judge: Judge, scores: Any, lift: Any) -> None:
    """A candidate that gains nothing anywhere is never promoted."""
    better = {name: [max(a, b) for a, b in zip(scores[name], lift[name], strict=True)] for name in scores}
    assert judge(TRIAL, of(scores), of(better), None, None, LOOSE).decision == "reject"


@settings(max_examples=120, deadline=None)
@given(drawn(0.85), drawn(0.3), drawn(0.5), drawn(0.3))
def test_better_on_any_item_never_hurts(worse: Any, active: Any, golden: Any, lift: Any) -> None:
    check_monotone(gate.judge, worse, active, golden, lift)


@settings(max_examples=60, deadline=None)
@given(drawn(0.6, none=True), st.integers(1, 5))
def test_identical_results_are_never_promoted(scores: Any, tries: int) -> None:
    check_same_is_not_better(gate.judge, scores, tries)


@settings(max_examples=60, deadline=None)
@given(drawn(0.7), drawn(0.3))
def test_gaining_nothing_is_never_promoted(scores: Any, lift: Any) -> None:
    check_worse_is_not_better(gate.judge, scores, lift)


def test_the_properties_can_fail() -> None:
    scores = {name: [1] * n for name, n in SMALL.items()}
    low = {name: [0] * n for name, n in SMALL.items()}

    def perverse(trial: Trial, candidate: Results, *others: Any) -> Verdict:
        """Likes failure."""
        return replace(AlwaysYes()(trial), decision="reject" if candidate[LESSON].right else "promote")

    for broken in (
        lambda: check_same_is_not_better(AlwaysYes(), scores, 1),
        lambda: check_worse_is_not_better(AlwaysYes(), low, scores),
        lambda: check_monotone(perverse, low, low, low, scores),
    ):
        with pytest.raises(AssertionError):
            broken()
    assert AlwaysYes()(TRIAL).decision == "promote"
