"""Drafts in the batcher, on paper: whatever is drafted, everyone hears the answer by definition."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from a3x.engine import batcher, speculate
from a3x.engine.lookup import MOST, NGRAM
from a3x.engine.paper import PaperContext, PaperSampler, Remembered
from a3x.engine.speculate import STRETCH, Wish
from a3x.errors import A3XError
from a3x.types import BASE_MIX, Completion, Generation, Message, Sampling
from tests.support.paper_house import LIMIT, House, expected

LIST = "one apple, two pears, three plums, four nuts; "
ENOUGH = 300
BOTH: tuple[Wish, ...] = ("off", "auto")


def copying(memory: Sequence[Remembered]) -> int:
    """Mostly what followed the last tokens before; now and then, by all that is in memory, something else."""
    chance = hashlib.blake2b(repr(list(memory)).encode(), digest_size=2).digest()
    tokens = [token for token, _ in memory]
    if chance[0] % 16:
        for end in range(len(tokens) - 1, NGRAM - 1, -1):
            if tokens[end - NGRAM : end] == tokens[-NGRAM:]:
                return tokens[end]
    return 97 + chance[1] % 26


class Moody(PaperSampler):
    """What it draws depends on how often it drew."""

    def __init__(self) -> None:
        self._draws = 0

    def draw(self, context: PaperContext, row: int) -> int:
        self._draws += 1
        token = super().draw(context, row)
        return token if self._draws % 11 else 65 + self._draws % 26


class Blurred(PaperContext):
    """A context whose chunks of answers are not quite what single tokens are, from a length on."""

    begins = 2

    def decode(
        self, tokens: Sequence[int], position: int, want_logits: bool, sequence: int = 0, every: bool = False
    ) -> None:
        super().decode(tokens, position, want_logits, sequence, every)
        self._blur = want_logits and every and len(tokens) >= self.begins

    def advance(self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int]) -> Sequence[int]:
        self._blur = False
        return super().advance(tokens, positions, sequences)

    def rows(self, count: int) -> NDArray[np.float32]:
        return super().rows(count) + np.float32(1e-5 if self._blur else 0.0)


def talk(house: House, text: str = LIST * 3, tokens: int = ENOUGH, **more: Any) -> tuple[str, Completion]:
    stream = house.ask(text, tokens=tokens, **more)
    house.run()
    end = house.end(stream)
    assert isinstance(end, Completion), end
    return house.text(stream), end


def test_drafts_hold_and_the_answer_is_the_one_by_definition(tmp_path: Path) -> None:
    house = House(tmp_path, follows=copying)
    text, end = talk(house)
    assert text == expected(LIST * 3, BASE_MIX, ENOUGH, copying)
    assert end.completion_tokens == ENOUGH == len(end.stats.logprobs) == len(end.stats.entropies)
    assert house.speculation.accepted > ENOUGH / 8
    assert house.speculation.drafted > house.speculation.accepted, "some must fail for this test to see anything"
    assert ("read", (0,)) in house.contexts[0].log[-40:]
    status = house.speculation.status()
    assert status["compared"]["base"][0]["exact"] is True
    house.outbox.close()


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    tokens=st.integers(1, 200),
    mix=st.integers(0, 3),
    moody=st.booleans(),
)
def test_nothing_changes(
    tmp_path_factory: pytest.TempPathFactory, seed: int, tokens: int, mix: int, moody: bool
) -> None:
    """Several answers after each other, one of them cancelled on the way, with drafts and without."""
    words = LIST * (1 + seed % 4) + str(seed)
    found = []
    for wish in BOTH:
        house = House(
            tmp_path_factory.mktemp("paper"), 1, lookup=wish, follows=copying, sampler=Moody if moody else PaperSampler
        )
        gone = house.ask(words, house.mixes[mix], 200)
        house.step(1 + seed % 40)
        gone.mailbox.abandoned = True
        house.run()
        ends = [talk(house, words, tokens, mix=house.mixes[mix]) for _ in range(3)]
        found.append([(text, end.finish_reason, end.stats, end.cached_tokens) for text, end in ends])
        if not moody:
            assert ends[0][0] == expected(words, house.mixes[mix], tokens, copying)
        assert house.residents.sequences()["busy"] == 0
        for memory in house.contexts[0].memory:
            assert len(memory) % 64 == 0
        house.outbox.close()
    assert found[0] == found[1]


def told_as_defined(tmp_path: Path) -> None:
    house = House(tmp_path, follows=copying)
    assert talk(house)[0] == expected(LIST * 3, BASE_MIX, ENOUGH, copying)


def test_a_draft_that_stays_in_memory_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    monkeypatch.setattr(batcher, "cut", lambda *_: None)
    with pytest.raises(AssertionError):
        told_as_defined(tmp_path)


def test_a_draft_that_is_believed_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the drafted token is taken for the drawn one."""
    kept: list[int] = []
    draft, draw = speculate.Speculation.draft, PaperSampler.draw
    monkeypatch.setattr(
        speculate.Speculation, "draft", lambda *given: kept.__setitem__(slice(None), draft(*given)) or list(kept)
    )
    monkeypatch.setattr(PaperSampler, "draw", lambda *given: kept.pop(0) if kept else draw(*given))
    with pytest.raises(AssertionError):
        told_as_defined(tmp_path)


# --- where nothing is drafted ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("begins", [2, 5, MOST + 1])
def test_where_a_chunk_of_any_length_is_not_what_single_tokens_are(tmp_path: Path, begins: int) -> None:
    house = House(tmp_path, follows=copying, context=type("Blurry", (Blurred,), {"begins": begins}))
    assert talk(house)[0] == expected(LIST * 3, BASE_MIX, ENOUGH, copying)
    assert house.speculation.drafted == 0
    compared = house.speculation.status()["compared"]["base"][0]
    assert compared["exact"] is False and "changes logits by up to" in compared["reason"]
    house.outbox.close()


def test_a_comparison_that_sees_no_difference_fails_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    monkeypatch.setattr(speculate, "difference", lambda *_: "")
    house = House(tmp_path, follows=copying, context=Blurred)
    talk(house)
    assert house.speculation.drafted > 0
    house.outbox.close()


def test_off_means_off_and_an_obstacle_is_one(tmp_path: Path) -> None:
    for house in (
        House(tmp_path, follows=copying, lookup="off"),
        House(tmp_path, follows=copying, obstacle="no way back"),
    ):
        talk(house)
        assert house.speculation.drafted == 0 and not house.speculation.status()["compared"]
        house.outbox.close()
    assert house.speculation.status()["reason"] == "no way back"


def test_what_a_comparison_could_not_see_is_an_obstacle() -> None:
    assert speculate.obstacle(True, False, "f16") is None and speculate.obstacle(True, False, "f32") is None
    assert "cut back" in str(speculate.obstacle(False, False, "f16"))
    assert "quantised" in str(speculate.obstacle(True, True, "f16"))
    assert "quantised" in str(speculate.obstacle(True, False, "q8_0"))


def test_in_a_crowd_nothing_is_drafted(tmp_path: Path) -> None:
    house = House(tmp_path, follows=copying)
    streams = [house.ask(LIST * 3, mix, 60) for mix in (BASE_MIX, BASE_MIX, house.mixes[1])]
    while not any(house.end(stream) for stream in streams):
        house.step()
        assert house.speculation.drafted == 0
    house.run()
    for stream, mix in zip(streams, (BASE_MIX, BASE_MIX, house.mixes[1]), strict=True):
        assert house.text(stream) == expected(LIST * 3, mix, 60, copying)
    house.outbox.close()


def test_no_chunk_crosses_the_end_of_a_stretch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house, chunks = House(tmp_path, follows=copying), list[tuple[int, int]]()
    decode = PaperContext.decode

    def noted(self: PaperContext, tokens: Sequence[int], position: int, *more: Any, every: bool = False) -> None:
        chunks.extend([(position, position + len(tokens) - 1)] if every else [])
        decode(self, tokens, position, *more, every=every)

    monkeypatch.setattr(PaperContext, "decode", noted)
    talk(house, tokens=LIMIT - len(LIST * 3))
    assert {first // STRETCH for first, _ in chunks} == {0, 1}
    assert all(first // STRETCH == last // STRETCH for first, last in chunks)
    assert [each["to_token"] for each in house.speculation.status()["compared"]["base"]] == [STRETCH, 2 * STRETCH]
    house.outbox.close()


def test_where_a_step_is_slow_it_is_compared_only_if_asked_for(tmp_path: Path) -> None:
    expectations: tuple[tuple[Wish, bool], ...] = (("auto", False), ("on", True))
    for wish, drafted in expectations:
        house = House(tmp_path, follows=copying, lookup=wish)
        house.clock.tick = 4 * speculate.SLOW_S  # two tokens on paper share a tick
        talk(house)
        assert (house.speculation.drafted > 0) == drafted
        house.outbox.close()


# --- ends ------------------------------------------------------------------------------------------------------------


def test_an_end_token_within_a_draft_ends_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = expected(LIST * 3, BASE_MIX, ENOUGH, copying)
    ender = whole[-1]
    monkeypatch.setattr(PaperContext, "ends", frozenset([ord(ender)]))
    for wish in BOTH:
        house = House(tmp_path, follows=copying, lookup=wish)
        text, end = talk(house)
        assert text == whole[: whole.index(ender)] and end.finish_reason == "stop"
        assert end.completion_tokens == whole.index(ender) + 1
        house.outbox.close()


def test_a_stop_string_within_a_draft_ends_the_answer(tmp_path: Path) -> None:
    whole = expected(LIST * 3, BASE_MIX, ENOUGH, copying)
    for at in range(60, 90):
        stop = whole[at : at + 4]
        house = House(tmp_path, follows=copying)
        request = Generation((Message("user", LIST * 3),), BASE_MIX, Sampling(max_tokens=ENOUGH, stop=(stop,)))
        stream = house.put(request)
        house.run()
        end = house.end(stream)
        assert isinstance(end, Completion)
        assert end.text == whole[: whole.index(stop)] and end.finish_reason == "stop"
        assert end.completion_tokens == whole.index(stop) + len(stop) == len(end.stats.logprobs)
        house.outbox.close()


def test_a_context_that_fails_while_comparing_costs_its_answer_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path, follows=copying)
    monkeypatch.setattr(PaperContext, "truncate", lambda self, sequence, position: position == 0)
    stream = house.ask(LIST * 3, tokens=ENOUGH)
    house.run()
    assert isinstance(house.end(stream), A3XError)
    monkeypatch.undo()
    assert talk(house)[0] == expected(LIST * 3, BASE_MIX, ENOUGH, copying)
    house.outbox.close()


def test_what_was_found_with_an_adapter_is_forgotten_with_it(tmp_path: Path) -> None:
    house = House(tmp_path, follows=copying)
    for mix in house.mixes[:3]:
        talk(house, mix=mix)
    assert len(house.speculation.status()["compared"]) == 3
    house.speculation.forget(house.adapters[0].sha256)
    assert set(house.speculation.status()["compared"]) == {"base", house.mixes[2].label}
    house.outbox.close()
