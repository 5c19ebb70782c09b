"""Eviction: as many as needed and no more, corrections last, every cluster represented while there is room."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.memory.window import evict
from a3x.stores.priorities import Candidate

Evict = Callable[[Sequence[Candidate], int], list[str]]

one = st.tuples(st.floats(0, 1), st.none() | st.integers(1, 5), st.booleans())


@st.composite
def windows(draw: st.DrawFn) -> list[Candidate]:
    rows = draw(st.lists(one, max_size=40))
    return [Candidate(f"e{seq}", seq, *row) for seq, row in enumerate(rows)]


def hold(evict: Evict, window: list[Candidate], capacity: int) -> None:
    gone = evict(window, capacity)
    assert len(gone) == len(set(gone)) == max(len(window) - capacity, 0), "as many as needed"
    kept = [each for each in window if each.id not in set(gone)]
    lost = [each for each in window if each.id in set(gone)]
    if any(each.corrected for each in lost):
        assert all(each.corrected for each in kept), "no correction goes before others"
    corrected = [each for each in window if each.corrected]
    others = {each.cluster for each in window} - {each.cluster for each in corrected} - {None}
    if capacity >= len(corrected) + len(others):
        assert {each.cluster for each in window} - {None} <= {each.cluster for each in kept}, "a cluster vanished"
    for each in lost:
        worse = [k for k in kept if k.priority < each.priority and k.seq < each.seq]
        assert not [k for k in worse if not k.corrected and alone(k, kept) is False], "a better and newer one went"


def alone(each: Candidate, kept: list[Candidate]) -> bool:
    """Whether it is kept as the only one of its cluster."""
    return each.cluster is not None and sum(k.cluster == each.cluster for k in kept) == 1


@given(windows(), st.integers(0, 45))
def test_the_rules_hold(window: list[Candidate], capacity: int) -> None:
    hold(evict, window, capacity)


def by_age(window: Sequence[Candidate], capacity: int) -> list[str]:
    return [each.id for each in sorted(window, key=lambda each: each.seq)][: max(len(window) - capacity, 0)]


def by_priority(window: Sequence[Candidate], capacity: int) -> list[str]:
    return [each.id for each in sorted(window, key=lambda each: each.priority)][: max(len(window) - capacity, 0)]


def too_many(window: Sequence[Candidate], capacity: int) -> list[str]:
    return evict(window, capacity - 1)


@pytest.mark.parametrize("broken", [by_age, by_priority, too_many])
def test_broken_rules_are_caught(broken: Evict) -> None:
    """Negative control."""
    window = [
        Candidate("a", 0, 0.9, 1),
        Candidate("b", 1, 0.1, 2),
        Candidate("c", 2, 0.2, 1, corrected=True),
        Candidate("d", 3, 0.5, 1),
        Candidate("e", 4, 0.8, 1),
    ]
    hold(evict, window, 3)
    with pytest.raises(AssertionError):
        hold(broken, window, 3)


def test_equals_go_in_the_order_they_came() -> None:
    assert evict([Candidate(f"e{seq}", seq, 0.5) for seq in (3, 1, 2, 0)], 2) == ["e0", "e1"]


def test_the_window_slides() -> None:
    """What was important is let go of when the window has turned over often enough."""
    window = [Candidate("old", 0, 0.9), *(Candidate(f"e{seq}", seq, 0.3) for seq in range(1, 21))]
    assert "old" in evict(window, 5)
    assert "old" not in evict(window, 20)


def test_an_old_one_alone_in_its_cluster_stays() -> None:
    window = [Candidate("old", 0, 0.1, 7), *(Candidate(f"e{seq}", seq, 0.9, 1) for seq in range(1, 21))]
    assert "old" not in evict(window, 5)
