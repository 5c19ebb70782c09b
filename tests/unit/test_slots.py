"""Which sequence holds which prompt: whatever is asked in whatever order, a found prefix is really there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from a3x.engine import slots
from a3x.engine.llama import CHUNK_TOKENS
from a3x.engine.slots import Slots, chain

COUNT = 4
OWNERS = [slots.owner("model", key) for key in ("base", "a", "b")]
PROMPTS = st.lists(st.sampled_from([1, 2]), min_size=0, max_size=4).map(
    lambda chunks: [token for chunk in chunks for token in [chunk] * CHUNK_TOKENS] + [9] * 7
)


def test_a_prompt_that_is_whole_chunks_leaves_one_to_compute() -> None:
    assert len(chain(b"", [1] * CHUNK_TOKENS)) == 0
    assert len(chain(b"", [1] * (CHUNK_TOKENS + 1))) == 1
    assert len(chain(b"", [1] * (2 * CHUNK_TOKENS))) == 1


def test_chains_differ_by_owner_and_by_what_came_before() -> None:
    first, second = [1] * CHUNK_TOKENS, [2] * CHUNK_TOKENS
    assert chain(OWNERS[0], [*first, 3]) != chain(OWNERS[1], [*first, 3])
    assert chain(OWNERS[0], [*first, *second, 3])[1] != chain(OWNERS[0], [*second, *second, 3])[1]


def test_an_exact_holder_is_taken_over_without_a_copy() -> None:
    table, prompt = Slots(2), [1] * 100
    digests = chain(OWNERS[0], prompt)
    first = table.take(OWNERS[0], digests)
    assert first and first.kept == 0
    table.computed(first.slot, digests[0])
    table.release(first.slot)
    again = table.take(OWNERS[0], digests)
    assert again and (again.slot, again.kept, again.copies) == (first.slot, CHUNK_TOKENS, ())


def test_a_busy_holder_is_copied() -> None:
    table, prompt = Slots(2), [1] * 100
    digests = chain(OWNERS[0], prompt)
    first = table.take(OWNERS[0], digests)
    assert first
    table.computed(first.slot, digests[0])
    second = table.take(OWNERS[0], digests)
    assert second and second.kept == CHUNK_TOKENS and second.copies == ((first.slot, second.slot),)
    assert table.take(OWNERS[0], digests) is None


def test_what_is_dear_and_recent_outlives_what_is_cheap() -> None:
    table = Slots(2)
    long, short = [1] * 300, [2] * 100
    for prompt in (long, short):
        digests = chain(OWNERS[0], prompt)
        placed = table.take(OWNERS[0], digests)
        assert placed
        for digest in digests:
            table.computed(placed.slot, digest)
        table.release(placed.slot)
    newcomer = table.take(OWNERS[1], chain(OWNERS[1], [3] * 100))
    assert newcomer is not None
    table.release(newcomer.slot)
    assert table.match(chain(OWNERS[0], long)) == 4
    assert table.match(chain(OWNERS[0], short)) == 0


def test_busy_sequences_stay_neighbours() -> None:
    """llama.cpp computes only neighbours in one pass."""
    table = Slots(8)
    placed = []
    for number in range(4):
        digests = chain(OWNERS[0], [number] * 100)
        place = table.take(OWNERS[0], digests)
        assert place
        table.computed(place.slot, digests[0])
        placed.append(place.slot)
    table.release(placed[1])
    place = table.take(OWNERS[0], chain(OWNERS[0], [9] * 100))
    assert place and place.slot == placed[1]
    assert place.copies, "what it held moved to a slot that was empty"
    assert table.match(chain(OWNERS[0], [1] * 100)) == 1


class Table(RuleBasedStateMachine):
    """Beside the table runs a plain memory that does what the placements say."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Slots(COUNT)
        self.memory: list[list[tuple[bytes, int]]] = [[] for _ in range(COUNT)]
        self.busy: dict[int, tuple[bytes, list[int]]] = {}

    def longest(self, owner: bytes, prompt: list[int]) -> int:
        """By looking at everything."""
        wanted = [(owner, token) for token in prompt[:-1]]
        best = 0
        for held in self.memory:
            same = 0
            while same < min(len(held), len(wanted)) and held[same] == wanted[same]:
                same += 1
            best = max(best, same // CHUNK_TOKENS * CHUNK_TOKENS)
        return best

    @rule(owner=st.sampled_from(OWNERS), prompt=PROMPTS)
    def take(self, owner: bytes, prompt: list[int]) -> None:
        expected = self.longest(owner, prompt)
        placement = self.table.take(owner, chain(owner, prompt))
        if len(self.busy) == COUNT:
            assert placement is None
            return
        assert placement is not None and placement.slot not in self.busy
        for source, target in placement.copies:
            assert source != target and target not in self.busy
            self.memory[target] = list(self.memory[source])
        del self.memory[placement.slot][placement.kept :]
        there = self.memory[placement.slot] == [(owner, token) for token in prompt[: placement.kept]]
        assert there, "another prompt's tokens: told apart here, since a diff of two long lists takes minutes"
        assert placement.kept == expected
        self.busy[placement.slot] = (owner, prompt)

    @precondition(lambda self: self.busy)
    @rule(data=st.data(), chunks=st.integers(0, 4))
    def compute(self, data: Any, chunks: int) -> None:
        slot = data.draw(st.sampled_from(sorted(self.busy)))
        owner, prompt = self.busy[slot]
        digests = chain(owner, prompt)
        for _ in range(chunks):
            done = len(self.memory[slot])
            if done // CHUNK_TOKENS >= len(digests):
                return
            self.memory[slot] += [(owner, token) for token in prompt[done : done + CHUNK_TOKENS]]
            self.table.computed(slot, digests[done // CHUNK_TOKENS])

    @precondition(lambda self: self.busy)
    @rule(data=st.data())
    def release(self, data: Any) -> None:
        slot = data.draw(st.sampled_from(sorted(self.busy)))
        del self.busy[slot]
        kept = self.table.release(slot)
        assert kept <= len(self.memory[slot])
        del self.memory[slot][kept:]

    @rule(owner=st.sampled_from(OWNERS))
    def forget(self, owner: bytes) -> None:
        for slot in self.table.forget([owner]):
            assert slot not in self.busy
            self.memory[slot] = []

    @invariant()
    def counts(self) -> None:
        assert sorted(self.busy) == self.table.busy
        assert self.table.idle == COUNT - len(self.busy)
        assert self.table.cached == sum(bool(self.memory[n]) for n in range(COUNT) if n not in self.busy)


SETTINGS = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)
AT_ONCE = settings(SETTINGS, max_examples=300, phases=[Phase.generate], report_multiple_bugs=False)
"""For what must fail: the first failure is enough, unshrunk."""


def test_a_found_prefix_is_really_there() -> None:
    run_state_machine_as_test(Table, settings=SETTINGS)


def test_a_chain_that_ignores_the_owner_fails_that_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    real = slots.chain
    monkeypatch.setitem(globals(), "chain", lambda owner, prompt: real(b"", prompt))
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Table, settings=AT_ONCE)
