"""Drafts: what followed before, found as a plain search would find it; and the judgement whether trying them pays."""

from __future__ import annotations

import random

from hypothesis import example, given
from hypothesis import strategies as st

from a3x.engine.lookup import FIRST_EXTRA, MARGIN, MOST, NGRAM, Drafts, Worth

small = st.lists(st.integers(0, 2), max_size=60)


def searched(tokens: list[int]) -> tuple[int, int]:
    """By definition: where the last run of ``NGRAM`` tokens stood latest before, and the tokens that then agree backwards."""
    for end in range(len(tokens) - 1, NGRAM - 1, -1):
        if tokens[end - NGRAM : end] == tokens[-NGRAM:]:
            return end, NGRAM
    return -1, 0


def ignore(matched: int, held: bool) -> None: ...


@given(small)
def test_a_fresh_match_is_the_latest_one(tokens: list[int]) -> None:
    at, matched = searched(tokens)
    drafts = Drafts(tokens)
    assert drafts.matched == matched
    draft = drafts.draft(MOST)
    assert len(draft) == (MOST if matched else 0)
    assert draft[: len(tokens) - at] == tokens[at : at + MOST][: len(draft)]


@given(small, small)
def test_a_match_goes_on_while_it_holds_and_is_searched_anew_when_it_does_not(
    prompt: list[int], answer: list[int]
) -> None:
    drafts, seen = Drafts(prompt), list(prompt)
    heard: list[tuple[int, bool]] = []
    for number, token in enumerate(answer):
        foretold, matched = drafts.draft(1), drafts.matched
        heard.clear()
        drafts.follow(answer[: number + 1], lambda matched, held: heard.append((matched, held)))
        seen.append(token)
        assert heard == ([(matched, token == foretold[0])] if foretold else [])
        if foretold == [token]:
            assert drafts.matched == matched + 1
        else:
            assert drafts.matched == searched(seen)[1]
            assert drafts.draft(1) == ((seen[searched(seen)[0]] and [seen[searched(seen)[0]]]) or [0]) * bool(
                drafts.matched
            )
        assert drafts.matched <= len(seen)


@given(small, small, st.integers(1, 9))
def test_it_does_not_matter_in_what_portions_an_answer_comes(
    prompt: list[int], answer: list[int], portion: int
) -> None:
    whole, parts = Drafts(prompt), Drafts(prompt)
    whole.follow(answer, ignore)
    for end in range(0, len(answer) + portion, portion):
        parts.follow(answer[:end], ignore)
    assert (whole.matched, whole.draft(MOST)) == (parts.matched, parts.draft(MOST))


def test_what_repeats_itself_is_drafted_around() -> None:
    assert Drafts([9, 1, 2, 1, 2, 1, 2]).draft(5) == [1, 2, 1, 2, 1]


def test_too_few_tokens_are_no_match() -> None:
    for length in range(NGRAM + 1):
        assert Drafts([1] * length).draft(3) == []


# --- whether it pays -------------------------------------------------------------------------------------------------


def lived(shares: list[float], extra: float, tokens: int, seed: int, worth: Worth | None = None) -> float:
    """Time a token, in single steps, of an answer in which every token is foretold, with ``shares`` of success in turn."""
    chance, worth, spent = random.Random(seed), worth or Worth(), 0.0
    written, matched = 0, NGRAM
    while written < tokens:
        count = worth.length(matched, MOST)
        spent += 1 + extra * count
        worth.took(1 + count, 0.01 * (1 + extra * count))
        for _ in range(count + 1):
            held = chance.random() < shares[min(written, tokens - 1) * len(shares) // tokens]
            written += 1
            worth.saw(matched, held)
            matched = matched + 1 if held else NGRAM
            if not held:
                break
    return spent / written


@given(st.integers(0, 10**6), st.floats(0.05, 2.0))
def test_answers_that_repeat_nothing_cost_nothing(seed: int, extra: float) -> None:
    assert lived([0.05], extra, 2000, seed) <= 1.01


@example(0, 2.0, [1.0])
@given(st.integers(0, 10**6), st.floats(0.05, 2.0), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6))
def test_it_never_costs_much_whatever_comes(seed: int, extra: float, shares: list[float]) -> None:
    assert lived(shares, extra, 3000, seed) <= 1.1


@given(st.integers(0, 10**6))
def test_copies_are_found_worth_it_also_after_a_long_time_without(seed: int) -> None:
    worth = Worth()
    lived([0.02], FIRST_EXTRA, 3000, seed, worth)
    assert lived([1.0], FIRST_EXTRA, 400, seed, worth) <= 0.6


def test_a_judge_who_tries_everything_fails_that() -> None:
    """Negative control."""

    class Eager(Worth):
        def length(self, matched: int, most: int) -> int:
            return most if matched else 0

    assert lived([0.05], 0.5, 2000, 1, Eager()) > 1.1


def test_where_another_row_costs_a_step_nothing_is_drafted_but_it_is_looked_at_again() -> None:
    worth = Worth()
    for _ in range(200):
        worth.saw(40, True)
    worth.took(1, 0.01)
    for _ in range(200):
        worth.took(3, 0.03)
    assert worth.length(40, MOST) == 0
    for _ in range(2000):
        worth.took(1, 0.01)
    assert worth.length(40, MOST) > 0


def test_the_margin_is_demanded() -> None:
    worth = Worth()
    for _ in range(500):
        worth.saw(NGRAM, True)
    worth.took(1, 0.01)
    for extra in (2 / MARGIN - 1.05, 2 / MARGIN - 0.95):
        for _ in range(200):
            worth.took(2, 0.01 * (1 + extra))
        assert (worth.length(NGRAM, 1) == 1) == (2 / (1 + extra) > MARGIN)
