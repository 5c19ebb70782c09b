"""Fits the constants of a3x/memory/relevance.py on generated lives: ``python -m tests.support.relevance_fit [SEED ...]``.

Without seeds the eight development lives; never the one that tests/acceptance/test_recall.py asks about. Prints a row a life,
with the constants fitted on the others, and then those fitted on all.
"""

from __future__ import annotations

import asyncio
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from a3x.memory.recall import LIKELY_ALONE, LIKELY_AMONG, NOTES, Candidate, ordered
from a3x.memory.relevance import BIAS, MEANING, USUAL_COSINE, WORDS
from a3x.types import Message
from tests.support.lived import lived
from tests.support.remembered import Asked

DEVELOPMENT = (20, 21, 22, 25, 26, 27, 28, 29)
SHRINK = 1.0
"""Weight of the squared constants: keeps them finite."""
Constants = np.ndarray


@dataclass(frozen=True)
class Question:
    """One question of one life with the facts that may answer it."""

    life: int
    asked: Asked
    found: tuple[Candidate, ...]

    def answers(self, one: Candidate) -> bool:
        """Of the thing asked for, outdated or not: which of the two it is relevance cannot tell."""
        values = [value for value in (self.asked.answer, self.asked.outdated) if value]
        return any(value in one.fact.text for value in values)


def fit(questions: Sequence[Question]) -> Constants:
    """The logistic's weights for cosine, share and 1, by Newton's method."""
    pairs = [(one, question.answers(one)) for question in questions for one in question.found]
    x, y = np.array([_measures(one) for one, _ in pairs]), np.array([right for _, right in pairs], float)
    weights, shrink = np.zeros(3), np.diag([SHRINK, SHRINK, 0.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        hessian = x.T @ (x * (p * (1 - p))[:, None]) + shrink
        weights += np.linalg.solve(hessian, x.T @ (y - p) - shrink @ weights)
    return weights


def _measures(one: Candidate) -> tuple[float, float, float]:
    return (USUAL_COSINE if one.cosine is None else max(one.cosine, 0.0), one.share, 1.0)


def _again(question: Question, weights: Constants) -> list[Candidate]:
    """Its candidates in order, as these constants have it."""
    logits = [float(np.dot(_measures(one), weights)) for one in question.found]
    return ordered([replace(one, likely=1 / (1 + math.exp(-z))) for one, z in zip(question.found, logits, strict=True)])


def figures(questions: Sequence[Question], weights: Constants) -> dict[str, float]:
    """What these constants and the thresholds in use give."""
    known = [(one, _again(one, weights)) for one in questions if one.asked.answer]
    unknown = [_again(one, weights) for one in questions if not one.asked.answer]

    def hits(least: float, most: int) -> float:
        shown = [(one, [each for each in found if each.likely >= least][:most]) for one, found in known]
        return sum(any(one.asked.answer in each.fact.text for each in notes) for one, notes in shown) / len(known)

    renewed = [(one, found[0]) for one, found in known if one.asked.outdated and found]
    return {
        "hit@5 of all": hits(0, NOTES),
        "hit@5": hits(LIKELY_AMONG, NOTES),
        "hit@1": hits(LIKELY_ALONE, 1),
        "unknown: none of 1": sum(all(e.likely < LIKELY_ALONE for e in each) for each in unknown) / len(unknown),
        "unknown: none of 5": sum(all(e.likely < LIKELY_AMONG for e in each) for each in unknown) / len(unknown),
        "outdated first": sum(one.asked.outdated in first.fact.text for one, first in renewed) / len(renewed),
    }


async def questions_of(seed: int) -> list[Question]:
    with tempfile.TemporaryDirectory() as home:
        async with lived(Path(home), seed) as house:
            memory = house.recall(NOTES, house.embedder)
            asked = (*house.lived.known, *house.lived.unknown)
            found = [(await memory.candidates((Message("user", one.question),)))[0] for one in asked]
            return [Question(seed, one, tuple(each)) for one, each in zip(asked, found, strict=True)]


def main() -> None:
    seeds = [int(seed) for seed in sys.argv[1:]] or DEVELOPMENT
    questions = [one for seed in seeds for one in asyncio.run(questions_of(seed))]
    for seed in seeds:
        others = fit([one for one in questions if one.life != seed]) if len(seeds) > 1 else fit(questions)
        of_life = figures([one for one in questions if one.life == seed], others)
        print(seed, *(f"{name} {value:.3f}" for name, value in of_life.items()), sep="  ", flush=True)
    in_use = figures(questions, np.array([MEANING, WORDS, BIAS]))
    print("in use", *(f"{name} {value:.3f}" for name, value in in_use.items()), sep="  ")
    print("MEANING, WORDS, BIAS = {:.2f}, {:.2f}, {:.2f}".format(*fit(questions)))


if __name__ == "__main__":
    main()
