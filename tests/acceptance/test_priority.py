"""Issue 5, list 4: the top tenth by priority is three times richer in instructive interactions than a random tenth."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from a3x.clock import HandClock
from a3x.config import PrioritySection
from a3x.disk import RealDisk
from a3x.memory import labels, priority
from a3x.memory.prioritiser import Prioritiser
from a3x.memory.priority import Term
from a3x.stores.clusters import Clusters
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.priorities import Calibration, Priorities, Priority
from a3x.stores.vectors import Vectors
from tests.support.interactions import Interaction, kinds, life, lift, tell

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1500)]  # some 10 000 commits: slow on a busy disk
COUNT = 1000
SEEDS = (1, 2, 3)
WANTED = 3.0
Lived = tuple[list[Interaction], dict[str, Priority], Calibration | None]


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> list[Lived]:
    return [asyncio.run(_live(seed, tmp_path_factory.mktemp(f"life{seed}"))) for seed in SEEDS]


async def _live(seed: int, home: Path) -> Lived:
    lived = life(seed, COUNT)
    with Database(home / "a3x.db", RealDisk(), HandClock()) as db:
        experiences, priorities = Experiences(db), Priorities(db)
        vectors = Vectors(db)
        prioritiser = Prioritiser(experiences, priorities, Clusters(db), vectors, PrioritySection(), HandClock())
        await tell(prioritiser, experiences, vectors, lived)
        rows = {row.span_id: row for row in priorities.in_windows(0, 10 * COUNT)}
        return lived, rows, priorities.calibration()


def figures(rows: dict[str, Priority], without: str = "") -> dict[str, float]:
    """Priorities as they are, or with one signal not listened to."""
    return {id: priority.score(_terms(row, without)) for id, row in rows.items()}


def found_in_top_quarter(found: dict[str, float], lived: list[Interaction]) -> float:
    """Share of all instructive interactions."""
    instructive = {one.span.id for one in lived if one.instructive}
    top = sorted(found, key=lambda id: -found[id])[: len(lived) // 4]
    return len(instructive.intersection(top)) / len(instructive)


def _terms(row: Priority, without: str) -> list[Term]:
    found = [Term(name, one["value"], one["weight"], one["why"]) for name, one in row.components.items()]
    return [replace(term, weight=0.0) if term.name == without else term for term in found]


def test_the_top_tenth_is_three_times_richer(lives: list[Lived]) -> None:
    for lived, rows, _ in lives:
        assert len(lived) >= 500
        assert set(rows) == {one.span.id for one in lived}
        found = lift({id: row.priority for id, row in rows.items()}, lived)
        assert figures(rows) == pytest.approx({id: row.priority for id, row in rows.items()})
        assert found >= WANTED, f"{found:.2f} × with {dict(kinds(lived))}"


def test_random_priorities_are_not(lives: list[Lived]) -> None:
    """Negative control."""
    for lived, rows, _ in lives:
        chance = random.Random(7)
        assert lift({id: chance.random() for id in rows}, lived) < WANTED / 2


def test_no_signal_does_it_alone(lives: list[Lived]) -> None:
    """Second control: the set is not separable by any one signal, or the first test would show little."""
    for name in priority.RAISING:
        alone = [
            lift({id: row.components[name]["value"] for id, row in rows.items()}, lived) for lived, rows, _ in lives
        ]
        assert np.mean(alone) < np.mean([lift(figures(rows), lived) for lived, rows, _ in lives]), name


def test_ablation(lives: list[Lived]) -> None:
    """Prints the table of docs/memory.md: what each signal adds to the lift."""
    print(f"\n{'left out':<12} {'lift, seeds 1 2 3':<18} mean  in the top quarter")
    means = {}
    for name in ("", *priority.RAISING, priority.ACCEPTED):
        lifts = [lift(figures(rows, name), lived) for lived, rows, _ in lives]
        means[name] = float(np.mean(lifts))
        quarter = np.mean([found_in_top_quarter(figures(rows, name), lived) for lived, rows, _ in lives])
        print(f"{name or 'nothing':<12} {' '.join(f'{one:.2f}' for one in lifts):<18} {means[name]:.2f}  {quarter:.2f}")
    assert max(means[name] for name in priority.RAISING) <= means[""] + 0.15, "a signal harms: its weight is wrong"


def test_labels_are_calibrated(lives: list[Lived]) -> None:
    for lived, _, calibration in lives:
        assert calibration is not None
        print(
            f"\n{calibration.n} known, {calibration.right} right: ECE {calibration.ece:.3f}, "
            f"Brier {calibration.brier:.3f} (base {calibration.brier_base:.3f})"
        )
        for one in calibration.bins:
            print(
                f"  {one.low:.1f}-{one.high:.1f}: {one.n:4d} answers, said {one.mean_p:.2f}, were {one.share_right:.2f}"
            )
        assert calibration.n <= len(lived)
        assert calibration.ece < 0.1
        assert calibration.brier < calibration.brier_base


def test_doubt_dealt_out_anew_says_nothing(lives: list[Lived]) -> None:
    """Negative control: the same outcomes with somebody else's doubt are told no better than by their share."""
    chance = random.Random(7)
    for _, rows, _ in lives:
        known = [row for row in rows.values() if row.outcome is not None]
        doubts = chance.sample([row.doubt for row in known], len(known))
        made = labels.calibrate([(doubt, bool(row.outcome)) for doubt, row in zip(doubts, known, strict=True)], 0.0, 50)
        assert made is not None
        assert made.brier >= made.brier_base - 0.002
