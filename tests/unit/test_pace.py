"""The number of threads follows who else wants the cores."""

from __future__ import annotations

import random
from collections.abc import Callable

from a3x.engine.pace import FIRST_GAP, LONGEST_GAP, SELDOM, Pace, counts

FREE = {1: 0.8e-3, 2: 0.5e-3, 4: 0.4e-3}
"""Seconds a step on a free machine."""


def crowded(chance: random.Random) -> Callable[[int], float]:
    """Seconds a step where another process computes: now and then one of several threads is not scheduled."""
    return lambda threads: FREE[threads] + (6e-3 if threads > 1 and chance.random() < 0.3 else 0.0)


def run(pace: Pace, steps: int, seconds: Callable[[int], float], rows: int = 1) -> list[int]:
    used = []
    for _ in range(steps):
        used.append(pace.threads())
        pace.took(rows, seconds(used[-1]))
    return used


def share(used: list[int], threads: int) -> float:
    return used.count(threads) / len(used)


def test_counts_are_powers_of_two_and_all() -> None:
    assert [counts(cores) for cores in (1, 2, 4, 6)] == [(1,), (1, 2), (1, 2, 4), (1, 2, 4, 6)]


def test_all_cores_while_they_are_free() -> None:
    assert share(run(Pace((1, 2)), 2000, FREE.__getitem__), 2) > 0.95
    assert share(run(Pace((1, 2, 4)), 2000, FREE.__getitem__), 4) > 0.95


def test_a_free_machine_is_hardly_ever_asked_whether_fewer_would_do() -> None:
    pace = Pace((1, 2))
    run(pace, 2 * SELDOM, FREE.__getitem__)
    assert share(run(pace, 2 * SELDOM, FREE.__getitem__), 1) < 0.001


def test_one_where_others_compute_and_all_again_when_they_are_gone() -> None:
    pace = Pace((1, 2))
    run(pace, 500, FREE.__getitem__)
    assert share(run(pace, 2000, crowded(random.Random(1)))[100:], 1) > 0.9
    assert share(run(pace, 3 * LONGEST_GAP, FREE.__getitem__)[LONGEST_GAP + 10 :], 2) > 0.9


def test_always_all_is_slower_in_a_crowd() -> None:
    """Negative control: what the choice saves."""

    def spent(pace: Pace) -> float:
        seconds = crowded(random.Random(2))
        return sum(seconds(threads) for threads in run(pace, 2000, seconds))

    assert spent(Pace((1, 2))) < 0.6 * spent(Pace((2,)))


def test_a_step_that_is_very_late_now_and_then_changes_nothing() -> None:
    """A thread that slept may take tens of milliseconds to be back; every eightieth step is less than a crowd."""
    pace, steps = Pace((1, 2)), iter(range(10**6))
    used = run(pace, 4000, lambda threads: FREE[threads] + (25e-3 if threads > 1 and next(steps) % 80 == 79 else 0.0))
    assert share(used, 2) > 0.9


def test_one_late_step_changes_nothing() -> None:
    pace = Pace((1, 2))
    run(pace, 300, FREE.__getitem__)
    pace.took(1, 5e-3)
    assert pace.threads() == 2


def test_large_steps_among_small_ones_say_nothing() -> None:
    pace, used = Pace((1, 2)), []
    for number in range(2000):
        rows = 64 if number % 3 else 1
        used.append(pace.threads())
        pace.took(rows, rows * FREE[used[-1]])
    assert share(used, 2) > 0.95


def test_a_trial_that_has_lost_ends() -> None:
    pace = Pace((1, 2))
    used = run(pace, FIRST_GAP + 3, lambda threads: {1: 100.0, 2: 0.5}[threads])
    assert used.count(1) == 2


def test_half_the_threads_on_a_free_machine_are_tried_for_two_steps() -> None:
    """A step of a larger model is as long as a word; one of twice that length is not repeated to be sure."""
    used = run(Pace((1, 2)), FIRST_GAP + 4, lambda threads: {1: 24e-3, 2: 12e-3}[threads])
    assert used.count(1) == 2


def test_more_threads_may_be_slow_to_wake() -> None:
    pace, first = Pace((1, 2)), iter([True])
    run(pace, 500, crowded(random.Random(1)))
    used = run(
        pace,
        2 * LONGEST_GAP,
        lambda threads: FREE[threads] + (5e-3 if threads == 2 and next(first, False) else 0.0),
    )
    assert used[-1] == 2
