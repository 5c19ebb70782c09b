"""Self-labels: reliable, hesitant, erroneous, from a calibrated probability that an answer is right. Pure.

A label changes what is looked at first, never what may be trained on. Platt scaling (Platt, "Probabilistic outputs for
support vector machines", 1999) with the Newton iteration of Lin, Lin and Weng, "A note on Platt's probabilistic
outputs", Machine Learning 68 (2007). Probabilities are measured on answers they were not fitted on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from a3x.config import PrioritySection
from a3x.stores.priorities import Basis, Bin, Calibration, Label

DEFAULT = (6.0, -3.0)
"""(a, b) while too few outcomes are known: no doubt is 95 % right, half is even, full is 5 %."""
MIN_EACH = 5
"""Right and wrong answers that a calibration needs at least."""
FOLDS = 5
BINS = 10
STEPS = 100
Floats = NDArray[np.float64]


def probability(doubt: float, a: float, b: float) -> float:
    """P(right) of one answer."""
    return float(_sigmoid(np.array([a * doubt + b]))[0])


def label(
    doubt: float, outcome: bool | None, calibration: Calibration | None, limits: PrioritySection
) -> tuple[Label, Basis, float]:
    """The label, what it rests on, and P(right). A known outcome decides by itself; the probability is told all the same."""
    a, b = (calibration.a, calibration.b) if calibration else DEFAULT
    p = probability(doubt, a, b)
    if outcome is not None:
        return "reliable" if outcome else "erroneous", "known", p
    basis: Basis = "calibrated" if calibration else "uncalibrated"
    if p >= limits.reliable_from:
        return "reliable", basis, p
    return ("erroneous" if p <= limits.erroneous_to else "hesitant"), basis, p


def calibrate(known: Sequence[tuple[float, bool]], when: float, least: int) -> Calibration | None:
    """Fit on (doubt, right) pairs and measure on folds left out in turn; None with too few of either kind."""
    doubts = np.array([doubt for doubt, _ in known], np.float64)
    right = np.array([outcome for _, outcome in known], bool)
    if len(known) < least or min(right.sum(), len(right) - right.sum()) < MIN_EACH:
        return None
    p = _left_out(doubts, right)
    a, b = fit(doubts, right)
    base = float(right.mean())
    bins = reliability(p, right)
    return Calibration(
        when=when,
        n=len(known),
        right=int(right.sum()),
        a=a,
        b=b,
        ece=expected_error(bins),
        brier=float(np.mean((p - right) ** 2)),
        brier_base=base * (1.0 - base),
        bins=bins,
    )


def fit(doubts: Floats, right: NDArray[np.bool_]) -> tuple[float, float]:
    """(a, b) of P(right) = 1 / (1 + exp(a·doubt + b)) by Newton's method with Platt's smoothed targets.

    Where doubt says nothing, or the opposite of what it should, ``a`` is 0 and every answer gets the share that is right.
    """
    positives = int(right.sum())
    negatives = len(right) - positives
    target = np.where(right, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    a, b = 0.0, math.log((negatives + 1) / (positives + 1))
    loss = _loss(doubts, target, a, b)
    for _ in range(STEPS):
        p = _sigmoid(a * doubts + b)
        slack, curve = target - p, np.maximum(p * (1.0 - p), 1e-12)
        gradient = np.array([(slack * doubts).sum(), slack.sum()])
        if np.abs(gradient).max() < 1e-7 * len(right):
            break
        cross = (curve * doubts).sum()
        hessian = np.array([[(curve * doubts**2).sum() + 1e-9, cross], [cross, curve.sum() + 1e-9]])
        step, size = -np.linalg.solve(hessian, gradient), 1.0
        while size > 1e-10 and not _loss(doubts, target, a + size * step[0], b + size * step[1]) < loss:
            size /= 2
        if size <= 1e-10:
            break
        a, b = a + size * float(step[0]), b + size * float(step[1])
        loss = _loss(doubts, target, a, b)
    if a <= 0:
        return 0.0, math.log((negatives + 1) / (positives + 1))
    return a, b


def reliability(p: Floats, right: NDArray[np.bool_]) -> tuple[Bin, ...]:
    """Ten equal bins of probability; empty ones are left out."""
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    found = []
    for number in range(BINS):
        inside = place == number
        if n := int(inside.sum()):
            mean, share = float(p[inside].mean()), float(right[inside].mean())
            found.append(Bin(number / BINS, (number + 1) / BINS, n, mean, share))
    return tuple(found)


def expected_error(bins: Sequence[Bin]) -> float:
    """ECE: the mean gap between what was said and what was so, weighted by how many answers each bin holds."""
    total = sum(one.n for one in bins)
    return sum(one.n * abs(one.mean_p - one.share_right) for one in bins) / total if total else 0.0


def _left_out(doubts: Floats, right: NDArray[np.bool_]) -> Floats:
    """Each answer's probability by the fit on the other folds; both kinds are dealt out to all folds in turn."""
    fold = np.zeros(len(right), int)
    for kind in (True, False):
        rows = np.flatnonzero(right == kind)
        fold[rows] = np.arange(len(rows)) % FOLDS
    p = np.zeros(len(right))
    for number in range(FOLDS):
        inside = fold == number
        a, b = fit(doubts[~inside], right[~inside])
        p[inside] = _sigmoid(a * doubts[inside] + b)
    return p


def _sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(x)) without overflow: Platt's sign."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, small / (1.0 + small), 1.0 / (1.0 + small))


def _loss(doubts: Floats, target: Floats, a: float, b: float) -> float:
    x = a * doubts + b
    return float((target * x + np.logaddexp(0.0, -x)).sum())
