"""Which sequence holds which prompt: whatever is asked in whatever order, a found prefix is really there."""

from __future__ import annotations

from itertools import chain as joined
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from a3x.engine import slots
from a3x.engine.cuts import PIECE_TOKENS
from a3x.engine.llama import CHUNK_TOKENS
from a3x.engine.slots import Slots, chain

COUNT = 4
OWNERS = [slots.owner("model", key) for key in ("base", "a", "b")]
PROMPTS = st.builds(
    lambda chunks, pieces: (
        [token for chunk in chunks for token in [chunk] * CHUNK_TOKENS]
        + [token for piece in pieces for token in [piece] * PIECE_TOKENS]
        + [9] * 7
    ),
    st.lists(st.sampled_from([1, 2]), min_size=0, max_size=5),
    st.lists(st.sampled_from([1, 2]), min_size=0, max_size=3),
)
"""With four chunks and more such a prompt is long, and its pieces are found again, but never as parts of a chunk."""


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
    assert table.match(chain(OWNERS[0], long)) == len(chain(OWNERS[0], long))
    assert table.match(chain(OWNERS[0], short)) == 0


def test_the_end_of_a_long_prompt_is_found_again_in_pieces_and_is_no_reason_to_copy() -> None:
    table, text = Slots(2), list(range(300))
    for prompt, kept in ((text, 0), ([*text, 7], 288), ([*text[:280], *[7] * 20], 272), ([*text, *[7] * 21], 256)):
        links = chain(OWNERS[0], prompt)
        placed = table.take(OWNERS[0], links)
        assert placed and (placed.slot, placed.kept, placed.copies) == (0, kept, ())
        for link in links:
            if link.end > kept:
                table.computed(placed.slot, link)
        table.release(placed.slot)


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


Token = tuple[bytes, int, int, int]


def computed(owner: bytes, prompt: list[int]) -> list[list[Token]]:
    """What each stretch of a prompt leaves in memory."""
    ends = [0, *(link.end for link in chain(owner, prompt)), len(prompt)]
    return [[(owner, token, start, end) for token in prompt[start:end]] for start, end in pairwise(ends)]


class Table(RuleBasedStateMachine):
    """Beside the table runs a plain memory that does what the placements say.

    A token remembers with which others it was computed: its stretch's ends.
    """

    def __init__(self) -> None:
        super().__init__()
        self.table = Slots(COUNT)
        self.memory: list[list[Token]] = [[] for _ in range(COUNT)]
        self.busy: dict[int, tuple[bytes, list[int]]] = {}

    def longest(self, owner: bytes, prompt: list[int]) -> int:
        """By looking at everything."""
        stretches = computed(owner, prompt)
        best = 0
        for held in self.memory:
            same = 0
            for stretch in stretches[:-1]:
                if held[same : same + len(stretch)] != stretch:
                    break
                same += len(stretch)
            best = max(best, same)
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
        there = self.memory[placement.slot] == list(joined(*computed(owner, prompt)))[: placement.kept]
        assert there, "another prompt's tokens: told apart here, since a diff of two long lists takes minutes"
        assert placement.kept == expected
        self.busy[placement.slot] = (owner, prompt)

    @precondition(lambda self: self.busy)
    @rule(data=st.data(), most=st.integers(0, 8))
    def compute(self, data: Any, most: int) -> None:
        slot = data.draw(st.sampled_from(sorted(self.busy)))
        owner, prompt = self.busy[slot]
        pairs = zip(chain(owner, prompt), computed(owner, prompt), strict=False)
        left = [pair for pair in pairs if pair[0].end > len(self.memory[slot])]
        for link, stretch in left[:most]:
            self.memory[slot] += stretch
            self.table.computed(slot, link)

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
