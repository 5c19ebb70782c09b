"""The gate: decides from results alone whether a candidate may serve. Pure; runs nothing, reads nothing, knows no text.

Everything is paired: candidate and active version answered the same items. A candidate is promoted when every rule
holds; each rule that does not gives a reason.

- ``lesson``: withheld phrasings of what was taught must improve: enough of them right, and more than the active
  version by McNemar's exact one-sided test. Alpha is spent: the k-th try on the same records has alpha / 2**k.
- ``facts``: what was confirmed earlier must not be lost. The suite may be empty, but it may not be left out.
- the fixed suites: none may fall, against the active version or, by a second limit, against the golden ancestor, so
  that many small losses do not add up.
- items of the theme's own suites that could not be judged block it: nobody knows.

Better on any item never hurts a candidate (tested), and equal results are never promoted.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import comb, floor
from typing import Any, Literal

from a3x.errors import Conflict
from a3x.judge.run import SuiteResult
from a3x.judge.suites import FIXED

LESSON = "lesson"
"""The suite of withheld phrasings of the records that the candidate learnt from."""
FACTS = "facts"
"""The suite of facts confirmed earlier, made of older records."""

Results = Mapping[str, SuiteResult]
"""Suite name → result of one mix."""
Decision = Literal["promote", "reject"]
Rule = Literal["lesson_share", "lesson_p", "facts", "fallen", "fallen_from_golden", "not_judged", "missing"]


@dataclass(frozen=True)
class Policy:
    """How strict the gate is. Shares are of a suite's judged items."""

    alpha: float = 0.05
    min_lesson_share: float = 0.6
    max_drop: float = 0.02
    max_drop_from_golden: float = 0.04
    max_facts_lost: float = 0.05
    theme_suites: tuple[str, ...] = ()
    """The fixed suites that judge the candidate's theme: their items must all have been judged."""


@dataclass(frozen=True)
class Numbers:
    """The evidence on one suite. ``gained`` and ``lost`` are against the active version, as are the p-values."""

    items: int
    not_judged: int
    candidate_right: int
    active_right: int
    base_right: int | None
    golden_right: int | None
    gained: int
    lost: int
    p_better: float
    p_worse: float


@dataclass(frozen=True)
class Reason:
    """A rule that did not hold, on which suite, with what was found and what was allowed."""

    rule: Rule
    suite: str
    found: float
    limit: float

    @property
    def text(self) -> str:
        """For people."""
        return _TEXTS[self.rule].format(suite=self.suite, found=_short(self.found), limit=_short(self.limit))


_TEXTS: Mapping[str, str] = {
    "lesson_share": "lesson: a share of {found} right; at least {limit} is needed",
    "lesson_p": "lesson: p = {found} that nothing improved; less than {limit} is needed",
    "facts": "{suite}: {found} facts confirmed earlier were lost; at most {limit} may be",
    "fallen": "suite {suite} fell by {found} items against the active version; at most {limit} may be",
    "fallen_from_golden": "suite {suite} fell by {found} items against the golden ancestor; at most {limit} may be",
    "not_judged": "suite {suite}: {found} items could not be judged (no sandbox?); the theme needs them all",
    "missing": "suite {suite} was not run",
}


@dataclass(frozen=True)
class Verdict:
    """The stored decision. Ids, keyed hashes and numbers; never a word of the user's."""

    decision: Decision
    theme: str
    candidate: str
    active: str
    tries: int
    alpha: float
    reasons: tuple[Reason, ...]
    numbers: Mapping[str, Numbers]
    suites: Mapping[str, str]
    """Suite → sha256 of its items."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Suite → keyed hash of the candidate's answers."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for ``json.dumps``; ``text`` of each reason included."""
        return asdict(self) | {"reasons": [asdict(reason) | {"text": reason.text} for reason in self.reasons]}


@dataclass(frozen=True)
class Trial:
    """What is judged: names of versions, the try's number on the same records (1 for the first), a key for hashes."""

    theme: str
    candidate: str
    active: str
    tries: int = 1
    key: bytes = b""

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise ValueError("tries are counted from 1")


def judge(
    trial: Trial, candidate: Results, active: Results, base: Results | None, golden: Results | None, policy: Policy
) -> Verdict:
    """Decide. ``base`` only adds numbers. Conflict if the results are of different items."""
    names = [name for name in (*FIXED, LESSON, FACTS) if name in candidate]
    _require_same_items(candidate, active, base, golden)
    numbers = {name: compare(name, candidate, active, base, golden) for name in names if name in active}
    alpha = policy.alpha / 2**trial.tries
    reasons = (
        *_missing(numbers),
        *_not_judged(numbers, policy),
        *_lesson(numbers, policy, alpha),
        *_facts(numbers, policy),
        *_fallen(numbers, candidate, golden, policy),
    )
    return Verdict(
        decision="reject" if reasons else "promote",
        theme=trial.theme,
        candidate=trial.candidate,
        active=trial.active,
        tries=trial.tries,
        alpha=alpha,
        reasons=reasons,
        numbers=numbers,
        suites={name: candidate[name].sha256 for name in numbers},
        answers={name: keyed(trial.key, candidate[name].answers) for name in numbers},
    )


def keyed(key: bytes, answers: tuple[str, ...]) -> str:
    """HMAC-SHA256 of answers: tells equal from different to who has the key, and nothing to who has not."""
    return hmac.new(key, json.dumps(answers).encode(), hashlib.sha256).hexdigest()


def mcnemar(more: int, less: int) -> float:
    """Exact one-sided p-value of ``more`` changes one way against ``less`` the other, if both were equally likely."""
    total = more + less
    return sum(comb(total, count) for count in range(more, total + 1)) / 2**total


def compare(
    name: str, candidate: Results, active: Results, base: Results | None = None, golden: Results | None = None
) -> Numbers:
    """Count one suite over the items that were judged for both candidate and active version."""
    mine, theirs = candidate[name].scores, active[name].scores
    judged = [item for item in mine if mine[item] is not None and theirs[item] is not None]
    gained = sum(mine[item] == 1 and theirs[item] == 0 for item in judged)
    lost = sum(mine[item] == 0 and theirs[item] == 1 for item in judged)
    return Numbers(
        items=len(mine),
        not_judged=len(mine) - len(judged),
        candidate_right=sum(mine[item] == 1 for item in judged),
        active_right=sum(theirs[item] == 1 for item in judged),
        base_right=_right(name, judged, base),
        golden_right=_right(name, judged, golden),
        gained=gained,
        lost=lost,
        p_better=mcnemar(gained, lost),
        p_worse=mcnemar(lost, gained),
    )


def _right(name: str, judged: list[str], results: Results | None) -> int | None:
    if results is None or name not in results:
        return None
    return sum(results[name].scores[item] == 1 for item in judged)


def _require_same_items(candidate: Results, *others: Results | None) -> None:
    for other in others:
        for name, result in (other or {}).items():
            mine = candidate.get(name)
            if mine and (mine.sha256 != result.sha256 or list(mine.scores) != list(result.scores)):
                raise Conflict(f"suite {name} was judged on different items; run it again for both versions")


# --- the rules -------------------------------------------------------------------------------------------------------


def _missing(numbers: Mapping[str, Numbers]) -> list[Reason]:
    return [Reason("missing", name, 0, 1) for name in (*FIXED, LESSON, FACTS) if name not in numbers]


def _not_judged(numbers: Mapping[str, Numbers], policy: Policy) -> list[Reason]:
    needed = (*policy.theme_suites, LESSON, FACTS)
    return [
        Reason("not_judged", name, found.not_judged, 0)
        for name, found in numbers.items()
        if name in needed and found.not_judged
    ]


def _lesson(numbers: Mapping[str, Numbers], policy: Policy, alpha: float) -> list[Reason]:
    if LESSON not in numbers:
        return []
    found = numbers[LESSON]
    share = found.candidate_right / found.items if found.items else 0.0
    reasons = []
    if share < policy.min_lesson_share:
        reasons.append(Reason("lesson_share", LESSON, share, policy.min_lesson_share))
    if found.p_better >= alpha:
        reasons.append(Reason("lesson_p", LESSON, found.p_better, alpha))
    return reasons


def _facts(numbers: Mapping[str, Numbers], policy: Policy) -> list[Reason]:
    if FACTS not in numbers:
        return []
    found = numbers[FACTS]
    limit = _allowed(policy.max_facts_lost, found)
    return [Reason("facts", FACTS, found.lost, limit)] if found.lost > limit else []


def _fallen(numbers: Mapping[str, Numbers], candidate: Results, golden: Results | None, policy: Policy) -> list[Reason]:
    reasons = []
    for name in FIXED:
        if name not in numbers:
            continue
        found = numbers[name]
        fell, limit = found.active_right - found.candidate_right, _allowed(policy.max_drop, found)
        if fell > limit:
            reasons.append(Reason("fallen", name, fell, limit))
        if golden is None or name not in golden:
            continue
        against = compare(name, candidate, golden)
        fell, limit = against.lost - against.gained, _allowed(policy.max_drop_from_golden, against)
        if fell > limit:
            reasons.append(Reason("fallen_from_golden", name, fell, limit))
    return reasons


def _allowed(share: float, found: Numbers) -> int:
    """Whole items; the small addend keeps 0.02 × 100 from being 1.99…"""
    return floor(share * (found.items - found.not_judged) + 1e-9)


def _short(number: float) -> str:
    return f"{number:.3g}"
