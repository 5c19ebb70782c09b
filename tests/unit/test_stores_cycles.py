"""Cycles: which step may follow which, one unfinished cycle a theme, and what is found again after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from a3x.clock import HandClock
from a3x.disk import RealDisk
from a3x.errors import BadRequest, Conflict, NotFound
from a3x.stores.cycles import NEXT, UNFINISHED, Cycle, Cycles
from a3x.stores.db import Database

BASE = "b" * 64
PATH = ("opened", "curated", "trained", "converted", "judged")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock()) as opened:
        yield opened


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def cycles(db: Database, clock: HandClock) -> Cycles:
    return Cycles(db, clock)


def opened(cycles: Cycles, theme: str = "cli") -> Cycle:
    return asyncio.run(cycles.open(theme, BASE, "8 unlearned corrections"))


def advance(cycles: Cycles, id: str, a: Any, b: Any, **more: Any) -> Cycle:
    return asyncio.run(cycles.advance(id, a, b, **more))


def brought_to(cycles: Cycles, state: str, theme: str = "cli") -> Cycle:
    cycle = opened(cycles, theme)
    path = [*PATH, state] if state not in PATH else PATH[: PATH.index(state) + 1]
    for a, b in pairwise(path):
        cycle = advance(cycles, cycle.id, a, b)
    return cycle


def test_the_whole_way_with_its_facts_and_reasons(cycles: Cycles, clock: HandClock) -> None:
    cycle = opened(cycles)
    assert (cycle.state, cycle.finished, cycle.facts) == ("opened", False, {})
    clock.advance(5)
    advance(cycles, cycle.id, "opened", "curated", facts={"records": 9, "run": "runs/x"}, reason="9 records")
    cycle = advance(cycles, cycle.id, "curated", "trained", facts={"loss": 0.5, "run": "runs/y"})
    assert cycle.facts == {"records": 9, "run": "runs/y", "loss": 0.5}
    assert cycle.changed == cycle.opened + 5
    for a, b in (("trained", "converted"), ("converted", "judged"), ("judged", "promoted")):
        cycle = advance(cycles, cycle.id, a, b)
    assert cycle.finished
    assert cycle == cycles.get(cycle.id)
    steps = cycles.steps(cycle.id)
    assert [step.to_state for step in steps] == ["curated", "trained", "converted", "judged", "promoted"]
    assert (steps[0].reason, steps[0].facts) == ("9 records", {"records": 9, "run": "runs/x"})


@pytest.mark.parametrize("state", NEXT)
def test_only_the_next_step_is_taken(cycles: Cycles, state: str) -> None:
    cycle = brought_to(cycles, state) if state != "failed" else asyncio.run(cycles.fail(opened(cycles).id, "full disk"))
    for a in NEXT:
        for b in NEXT:
            if a != state or b not in NEXT[state]:
                with pytest.raises(Conflict):
                    advance(cycles, cycle.id, a, b)
    assert cycles.get(cycle.id) == cycle


def test_two_who_advance_at_once_are_told_apart(cycles: Cycles) -> None:
    cycle = opened(cycles)

    async def main() -> list[Any]:
        both = (cycles.advance(cycle.id, "opened", "curated") for _ in range(2))
        return await asyncio.gather(*both, return_exceptions=True)

    assert sorted(type(result).__name__ for result in asyncio.run(main())) == ["Conflict", "Cycle"]


@pytest.mark.parametrize("state", UNFINISHED)
def test_one_unfinished_cycle_a_theme(cycles: Cycles, state: str) -> None:
    cycle = brought_to(cycles, state)
    with pytest.raises(Conflict, match=f"{cycle.id} of cli is not finished: it is {state}"):
        opened(cycles)
    other = opened(cycles, "general")
    assert cycles.unfinished() == [cycle, other]
    failed = asyncio.run(cycles.fail(cycle.id, "the trainer was killed", {"exit": -9}))
    assert (failed.state, failed.facts, cycles.steps(cycle.id)[-1].reason) == (
        "failed",
        {"exit": -9},
        "the trainer was killed",
    )
    again = opened(cycles)
    assert cycles.unfinished() == [other, again]


@pytest.mark.parametrize("end", ["promoted", "rejected"])
def test_the_finished_cannot_fail(cycles: Cycles, end: str) -> None:
    cycle = brought_to(cycles, end)
    with pytest.raises(Conflict, match="finished"):
        asyncio.run(cycles.fail(cycle.id, "late"))


def test_bad_input(cycles: Cycles) -> None:
    with pytest.raises(BadRequest, match="theme"):
        opened(cycles, "poetry")
    with pytest.raises(NotFound):
        cycles.get("cyc_x")
    with pytest.raises(NotFound):
        cycles.steps("cyc_x")
    with pytest.raises(NotFound):
        advance(cycles, "cyc_x", "opened", "curated")
    cycle = opened(cycles)
    with pytest.raises(BadRequest, match="JSON"):
        advance(cycles, cycle.id, "opened", "curated", facts={"x": object()})
    assert cycles.get(cycle.id).state == "opened"


def test_recent_and_reopened(cycles: Cycles, tmp_path: Path) -> None:
    first = brought_to(cycles, "rejected")
    second, third = opened(cycles), opened(cycles, "python")
    assert cycles.recent() == [third, second, first]
    assert cycles.recent(1) == [third]
    assert cycles.recent(theme="cli") == [second, first]
    with Database(tmp_path / "a3x.db", RealDisk(), HandClock(), read_only=True) as again:
        assert Cycles(again, HandClock()).unfinished() == [second, third]
