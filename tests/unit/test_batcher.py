"""What the batcher decides, on a context of paper: admission, turns, cancellation, swaps, and that nobody hears a neighbour."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a3x.engine import slots
from a3x.engine.batcher import READ_ALONE_S, READ_S
from a3x.engine.paper import PaperContext, next_token
from a3x.engine.streams import Mailbox, Stream
from a3x.engine.turns import PATIENCE_S, Turns, Waiting
from a3x.errors import A3XError, ForeignFile, Overloaded, PromptTooLong
from a3x.types import BASE_MIX, Completion, Generation, Message, Mix, Priority, Sampling
from tests.support.paper_house import LIMIT, House, expected


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.outbox.close()


def crowd(house: House, seed: int, requests: int = 40) -> None:
    """Arrivals, departures and steps in any order; everyone who stays gets the answer by definition."""
    rng = random.Random(seed)
    stays: list[tuple[Stream, str, Mix, int]] = []
    for _ in range(requests):
        text = "".join(rng.choice("ab") * 64 for _ in range(rng.randrange(5))) + "?" * rng.randrange(1, 9)
        mix, tokens = rng.choice(house.mixes), rng.randrange(1, 9)
        priority: Any = rng.choice(("user", "user", "agent", "judging"))
        stays.append((house.ask(text, mix, tokens, priority), text, mix, tokens))
        house.step(rng.randrange(4))
        if rng.random() < 0.2:
            stays.pop(rng.randrange(len(stays)))[0].mailbox.abandoned = True
    house.run()
    for stream, text, mix, tokens in stays:
        assert house.text(stream) == expected(text, mix, tokens)
    counts = house.residents.sequences()
    assert counts["busy"] == 0
    assert counts["cached"] + counts["free"] == counts["total"]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    contexts=st.integers(1, 3),
    sequences=st.integers(1, 5),
    resident=st.sampled_from([1, 9]),
    brief=st.booleans(),
)
def test_nobody_hears_a_neighbour(
    tmp_path_factory: pytest.TempPathFactory, seed: int, contexts: int, sequences: int, resident: int, brief: bool
) -> None:
    house = House(tmp_path_factory.mktemp("paper"), contexts, sequences, resident, brief=brief)
    crowd(house, seed)
    house.outbox.close()


def test_a_cache_keyed_by_nothing_fails_that_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    monkeypatch.setattr(slots, "owner", lambda *_: b"whoever")
    house = House(tmp_path, 1)
    with pytest.raises(AssertionError):
        crowd(house, 1)
    house.outbox.close()


def test_who_leaves_frees_the_sequence_within_one_step(house: House) -> None:
    streams = [house.ask("x" * 200, tokens=300) for _ in range(4)]
    house.step(20)
    assert house.busy == 4
    streams[1].mailbox.abandoned = True
    house.step()
    assert house.busy == 3
    waiting = [house.ask("later", tokens=100) for _ in range(2)]
    waiting[1].mailbox.abandoned = True
    house.step()
    assert house.busy == 4 and house.batcher.queue()["user"] == 0


def test_a_long_prompt_does_not_keep_answers_from_flowing(house: House) -> None:
    house.clock.tick = READ_S
    talker = house.ask("short", tokens=60)
    house.step(2)
    reader = house.ask("x" * 450, tokens=2)
    before = len(talker.logprobs)
    house.step(6)
    assert reader.reading
    assert len(talker.logprobs) == before + 6


def test_prompts_that_come_together_are_read_before_the_next_tokens(house: House) -> None:
    house.clock.tick = READ_S / 10
    for number in range(3):
        house.ask(f"{number}" * 40, tokens=20)
    house.step()
    assert [what for what, _ in house.contexts[0].log if not what.startswith("set")][:4] == [
        "read",
        "read",
        "read",
        "write",
    ]


@pytest.mark.parametrize(("knocks", "reads"), [(False, 4), (True, 1)])
def test_of_judges_every_prompt_is_read_first_unless_somebody_knocks(tmp_path: Path, knocks: bool, reads: int) -> None:
    house = House(tmp_path, 1, sequences=5)  # one of them is left to people
    house.clock.tick = READ_ALONE_S
    if knocks:
        house.knocking.raise_()
    for number in range(4):
        house.ask(f"{number}" * 40, tokens=20, priority="judging")
    house.step()
    done = [what for what, _ in house.contexts[0].log if not what.startswith("set")]
    assert done[: reads + 1] == ["read"] * reads + ["write"]
    house.outbox.close()


def passes(house: House, context: int = 0) -> list[tuple[str, tuple[int, ...]]]:
    """What was computed, with which sequences."""
    return [done for done in house.contexts[context].log if not done[0].startswith("set")]


def test_what_prompts_end_with_is_read_in_one_pass(house: House) -> None:
    texts = ["a" * 16, "b" * 12, "c" * 13, "d" * 130]
    asked = [house.ask(text, tokens=3) for text in texts]
    house.run()
    assert [sequences for what, sequences in passes(house) if what == "read"] == [(0, 1, 2), (3,), (3,), (3,)]
    assert [house.text(stream) for stream in asked] == [expected(text, BASE_MIX, 3) for text in texts]


@pytest.mark.parametrize(
    "lengths",
    [(40, 40), (20, 8), (LIMIT - 8, 24), (64 + 20, 64 + 40)],
    ids=["too many", "too much to fill up", "no room to fill up", "both"],
)
def test_what_does_not_fit_a_pass_is_read_alone(house: House, lengths: tuple[int, int]) -> None:
    for name, length in zip("ab", lengths, strict=True):
        house.ask(name * length, tokens=3)
    house.step(2)
    assert all(len(sequences) == 1 for what, sequences in passes(house) if what == "read")


class Folding(PaperContext):
    """A memory that cannot be cut back."""

    pass_tokens = 0


def test_a_memory_that_cannot_be_cut_is_read_alone(tmp_path: Path) -> None:
    house = House(tmp_path, 1, context=Folding)
    for name in "ab":
        house.ask(name * 8, tokens=3)
    house.run()
    assert [sequences for what, sequences in passes(house) if what == "read"] == [(0,), (1,)]
    house.outbox.close()


def test_what_is_brief_has_a_context_of_its_own(tmp_path: Path) -> None:
    house = House(tmp_path, 1, brief=True)
    long, brief = house.ask("a" * 80, tokens=120), house.ask("b" * 60, tokens=60)
    house.step(2)
    assert len(house.contexts) == 2
    assert long.seat and brief.seat
    assert (long.seat.home.brief, brief.seat.home.brief) == (False, True)
    assert long.seat.owner != brief.seat.owner, (
        "another attention is other numbers: a prefix of one is none of the other"
    )
    house.run()
    assert house.text(long) == expected("a" * 80, BASE_MIX, 120)
    assert house.text(brief) == expected("b" * 60, BASE_MIX, 60)
    counts = house.residents.sequences()
    assert counts["total"] == 8 and counts["busy"] == 0
    house.outbox.close()


def test_judges_answers_are_taken_for_short_ones(tmp_path: Path) -> None:
    house = House(tmp_path, 1, brief=True)
    asked = {priority: house.ask("a" * 60, tokens=LIMIT - 60, priority=priority) for priority in ("user", "judging")}
    house.step(2)
    assert {priority: stream.seat and stream.seat.home.brief for priority, stream in asked.items()} == {
        "user": False,
        "judging": True,
    }
    house.outbox.close()


def test_without_memory_for_it_what_is_brief_computes_with_the_rest(tmp_path: Path) -> None:
    house = House(tmp_path, 1, brief=True)
    house.no_memory_for_brief = True
    stream = house.ask("a", tokens=3)
    house.run()
    assert house.text(stream) == expected("a", BASE_MIX, 3)
    assert house.residents.sequences()["total"] == 4
    house.outbox.close()


def test_answers_of_one_mix_share_a_pass(house: House) -> None:
    for number in range(4):
        house.ask(f"{number}", tokens=40)
    house.step(5)
    assert house.contexts[0].log[-1] == ("write", (0, 1, 2, 3))


def test_who_is_alone_writes_several_tokens_a_step_and_one_when_somebody_knocks(house: House) -> None:
    stream = house.ask("alone", tokens=60)
    house.step(2)
    before = len(stream.logprobs)
    house.step()
    assert len(stream.logprobs) > before + 1
    house.knocking.raise_()
    before = len(stream.logprobs)
    house.step()
    assert len(stream.logprobs) == before + 1
    house.run()
    assert house.text(stream) == expected("alone", BASE_MIX, 60)


def test_nothing_is_told_beyond_a_stop_string(house: House) -> None:
    whole = expected("alone", BASE_MIX, 60)
    stop = whole[20:22]
    request = Generation((Message("user", "alone"),), BASE_MIX, Sampling(max_tokens=60, stop=(stop,)))
    stopped = house.submit(Stream(request, Mailbox(asyncio.new_event_loop()), house.clock.monotonic()))
    house.run()
    end = house.end(stopped)
    assert isinstance(end, Completion)
    assert end.text == whole[: whole.index(stop)]
    assert end.completion_tokens == whole.index(stop) + len(stop) == len(end.stats.logprobs)
    assert house.busy == 0


def test_a_mix_has_a_context_of_its_own_while_there_are_enough(house: House) -> None:
    for mix in house.mixes[:2]:
        house.ask("question", mix, tokens=30)
    house.step(10)
    assert len(house.contexts) == 2
    assert house.residents.swaps == 0


def test_more_mixes_than_contexts_share_and_all_go_on(tmp_path: Path) -> None:
    house = House(tmp_path, contexts=1)
    house.clock.tick = 0.0005
    streams = [house.ask("question", mix, tokens=60) for mix in house.mixes]
    house.step(200)
    assert all(len(stream.logprobs) > 10 for stream in streams)
    house.run()
    assert 0 < house.residents.swaps < 60, "a turn in a shared context lasts several steps"
    house.outbox.close()


def test_prefixes_survive_turns_of_other_mixes(tmp_path: Path) -> None:
    house = House(tmp_path, contexts=1)
    a, b = house.mixes[:2]
    for mix in (a, b, a):
        stream = house.ask("s" * 200, mix)
        house.run()
    end = house.end(stream)
    assert isinstance(end, Completion) and end.cached_tokens == 192
    house.outbox.close()


def test_judging_leaves_a_sequence_for_people(house: House) -> None:
    for number in range(8):
        house.ask(f"item {number}", tokens=100, priority="judging")
    house.step(3)
    assert house.busy == 3
    person = house.ask("hello", tokens=3)
    house.step(8)
    assert isinstance(house.end(person), Completion)


def test_people_go_first_but_not_for_ever() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.add("item", "judging", 0.0)
    waiting.add("critique", "agent", 1.0)
    waiting.add("person", "user", 2.0)
    assert waiting.in_order() == ["person", "critique", "item"]
    waiting.add("late person", "user", 2 * PATIENCE_S + 1.0)
    assert waiting.in_order()[-1] == "late person"
    waiting.keep(["item"])
    assert waiting.lengths() == {"user": 0, "agent": 0, "judging": 1}


def test_no_lane_starves_and_people_get_more_turns() -> None:
    turns: Turns[str] = Turns()
    lanes: dict[str, Priority] = {"a": "user", "b": "user", "suite": "judging"}
    taken = []
    for _ in range(90):
        lane = turns.next(lanes)
        turns.took(lane, lanes[lane])
        taken.append(lane)
    assert {lane: taken.count(lane) for lane in lanes} == {"a": 40, "b": 40, "suite": 10}
    lanes["newcomer"] = "user"
    following = []
    for _ in range(8):
        lane = turns.next(lanes)
        turns.took(lane, lanes[lane])
        following.append(lane)
    assert 2 <= following.count("newcomer") <= 4, "neither behind the others nor paid for the past"


def test_deadlines(house: House) -> None:
    running = house.ask("question", tokens=400, deadline_s=0.1)
    for number in range(3):
        house.ask(f"{number}", tokens=300)
    late = house.ask("question", tokens=5, deadline_s=0.05)
    house.run()
    end = house.end(running)
    assert isinstance(end, Completion) and end.finish_reason == "length" and 0 < end.completion_tokens < 400
    assert isinstance(house.end(late), Overloaded)


def test_dropping_waits_for_its_streams_and_blocks_nobody(house: House) -> None:
    mix = house.mixes[1]
    old = house.ask("old", mix, tokens=100)
    house.step(3)
    house.residents.start_drop(house.adapters[0].sha256)
    new = house.ask("new", mix, tokens=3)
    other = house.ask("other", tokens=3)
    house.step(12)
    assert not house.residents.end_drop(house.adapters[0].sha256)
    assert isinstance(house.end(other), Completion)
    assert house.end(new) is None
    house.step(60)
    assert house.text(old) == expected("old", mix, 100)
    assert house.residents.end_drop(house.adapters[0].sha256)
    assert house.residents.adapter_hashes == ()
    house.run()
    assert house.text(new) == expected("new", mix, 3)


def test_a_failed_decode_costs_its_own_streams_and_its_context(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = house.ask("here", tokens=50), house.ask("there", house.mixes[1], tokens=50)
    house.step(6)
    house.contexts[0].closed = True
    house.run()
    assert isinstance(house.end(here), A3XError)
    assert house.text(there) == expected("there", house.mixes[1], 50)
    again = house.ask("here", tokens=5)
    house.run()
    assert house.text(again) == expected("here", BASE_MIX, 5)


# --- scoring ---------------------------------------------------------------------------------------------------------


def test_a_scored_prompt_gets_what_each_token_follows_from(house: House) -> None:
    text = "".join(map(chr, (97 + number % 26 for number in range(150))))
    stream = house.score(text, house.mixes[1])
    house.run()
    end = house.end(stream)
    assert isinstance(end, Completion) and end.completion_tokens == 0 and end.text == ""
    assert [token.token for token in end.tokens] == list(text.encode())
    assert end.tokens[0].logprob is None
    memory = [(token, "0.gguf:1.0") for token in text.encode()]
    likeliest = [token.top[0].token for token in end.tokens[1:]]
    assert likeliest == [next_token(memory[:end]) for end in range(1, len(memory))]
    assert house.batcher.counters["answers"] == 0 and house.busy == 0


def test_a_scored_prompt_ignores_what_is_kept(house: House) -> None:
    """Kept memory has no logits any more."""
    for _ in range(2):
        house.ask("x" * 200, tokens=1)
        house.run()
    stream = house.score("x" * 200)
    house.run()
    end = house.end(stream)
    assert isinstance(end, Completion) and len(end.tokens) == 200 and end.cached_tokens == 0


def test_a_scored_prompt_may_fill_the_context_and_not_more(house: House) -> None:
    full, over = house.score("x" * LIMIT), house.score("x" * (LIMIT + 1))
    house.run()
    assert isinstance(house.end(full), Completion)
    assert isinstance(house.end(over), PromptTooLong)


def test_what_goes_wrong_unforeseen_while_placing_costs_that_request_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = house.residents.place

    def stumbles(mix: Mix, *more: Any, **options: Any) -> Any:
        if mix is house.mixes[1]:
            raise TypeError("nobody thought of this")
        return place(mix, *more, **options)

    monkeypatch.setattr(house.residents, "place", stumbles)
    unlucky, other = house.ask("a", house.mixes[1], tokens=3), house.ask("b", tokens=3)
    house.run()
    end = house.end(unlucky)
    assert isinstance(end, A3XError) and "nobody thought of this" in end.message
    assert house.text(other) == expected("b", BASE_MIX, 3)


def test_an_unforeseen_sampler_leaves_no_sequence_busy(tmp_path: Path) -> None:
    def stumbles() -> Any:
        raise TypeError("nobody thought of this")

    house = House(tmp_path, sampler=stumbles)
    end = house.ask("a", tokens=3)
    house.run()
    assert isinstance(house.end(end), A3XError)
    assert house.residents.sequences()["busy"] == 0
    house.outbox.close()


def test_scoring_costs_answers_a_chunk_a_step_and_waits_behind_prompts(house: House) -> None:
    house.clock.tick = READ_S
    talker = house.ask("short", tokens=60)
    house.step(2)
    scored = house.score("x" * 400)
    house.step()
    reader = house.ask("y" * 200, tokens=2)
    before = len(talker.logprobs)
    house.step(4)
    assert not reader.reading and scored.reading
    assert len(talker.logprobs) == before + 4


def test_scoring_is_not_put_off_for_ever(house: House) -> None:
    scored = house.score("x" * 400)
    for _ in range(300):
        house.clock.time += 0.05
        house.ask("y" * 60, tokens=1)
        house.step()
        if house.end(scored):
            break
    assert isinstance(house.end(scored), Completion)


def test_who_leaves_is_scored_no_further(house: House) -> None:
    scored = house.score("x" * 400)
    house.step(2)
    scored.mailbox.abandoned = True
    house.step()
    assert house.busy == 0 and house.batcher.idle


# --- what an adapter's file holds ------------------------------------------------------------------------------------


def test_a_file_that_changed_is_not_served_under_the_old_hash(house: House) -> None:
    path = house.adapters[0].path
    path.write_bytes(b"other weights")
    refused, other = house.ask("question", house.mixes[1]), house.ask("question", house.mixes[2])
    house.run()
    error = house.end(refused)
    assert isinstance(error, ForeignFile) and "changed on disk" in error.message
    assert house.text(other) == expected("question", house.mixes[2], 5)
    path.write_bytes(bytes([0]))
    again = house.ask("question", house.mixes[1])
    house.run()
    assert house.text(again) == expected("question", house.mixes[1], 5)


def test_a_file_that_is_gone_is_told(house: House) -> None:
    house.adapters[0].path.unlink()
    refused = house.ask("question", house.mixes[1])
    house.run()
    assert isinstance(house.end(refused), ForeignFile)
    assert house.busy == 0
