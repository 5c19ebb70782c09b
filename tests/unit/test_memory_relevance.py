"""How likely a fact is the one asked for, and in which order likely facts stand."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.memory.recall import LIKELY_ALONE, LIKELY_AMONG, Candidate, ordered
from a3x.memory.relevance import USUAL_COSINE, announced, probability, share_of_told, share_of_words
from a3x.stores.facts import Fact
from tests.support.relevance_fit import Question, figures, fit
from tests.support.remembered import Asked

SHARES = st.floats(0, 1)


def fact(number: int, about: str, value: str) -> Fact:
    return Fact(number, f"exp_{number}", number, f"{about} is {value}", about, value, 1.0, None, "")


def candidate(number: int, about: str, value: str, likely: float, news: bool = False) -> Candidate:
    """The later one holds fewer of the question's words, so that only its being news speaks for it."""
    return Candidate(fact(number, about, value), 0.5, 1 / number, likely, news)


@given(SHARES, SHARES, SHARES, SHARES)
def test_more_meaning_and_more_words_never_make_it_less_likely(a: float, b: float, c: float, d: float) -> None:
    nearer, farther = probability(max(a, b), max(c, d)), probability(min(a, b), min(c, d))
    assert 0 < farther <= nearer < 1


def test_neither_meaning_nor_words_alone_is_enough_for_a_small_model() -> None:
    """Negative control of the thresholds."""
    assert probability(0.6, 0.0) < LIKELY_AMONG < LIKELY_ALONE
    assert probability(0.2, 0.5) < LIKELY_AMONG
    assert LIKELY_AMONG < probability(0.6, 0.33) < LIKELY_ALONE < probability(0.7, 0.5)
    assert probability(None, 0.5) == probability(USUAL_COSINE, 0.5)


def test_what_a_question_is_asked_with_is_not_what_it_is_about() -> None:
    told = fact(1, "my locker code", "8471")
    assert share_of_words("Excuse me, I forgot my locker code, quick", told) == 1.0
    assert share_of_words("com licença, esqueci my locker code", told) == 1.0
    assert share_of_words("my gym locker colour", told) == pytest.approx(1 / 3)


def test_names_must_be_told() -> None:
    assert share_of_told("what is the code of Ana's locker?", "the locker of Rui") is None
    assert share_of_told("what is the code of the locker?", "the locker of Rui") == 0.5


@pytest.mark.parametrize("said", ["update: my code is 1", "Correção: o código é 1", "now my code is 1", "Agora é 1"])
def test_news(said: str) -> None:
    assert announced(said)


@pytest.mark.parametrize("said", ["my update is 1", "nowhere is 1", "my code is now 1", "o que mudou: 1"])
def test_no_news(said: str) -> None:
    assert not announced(said)


def test_news_go_before_what_they_may_renew_and_both_stay() -> None:
    old = candidate(1, "Ana's staff number", "41", 0.9)
    new = candidate(2, "what Ana's badge says", "52", 0.75, news=True)
    assert ordered([old, new]) == [new, old]
    assert ordered([old, replace(new, news=False)])[0] == old, "negative control: not told as news"
    assert ordered([old, replace(new, likely=0.6)])[0] == old, "much less likely"
    assert ordered([replace(old, fact=replace(old.fact, number=3)), new])[0].fact.number == 3, "earlier, not later"
    named = candidate(4, "who Ana's badge names", "Duda", 0.75, news=True)
    assert ordered([old, named])[0] == old, "of another kind"


def test_the_latest_news_stand_first() -> None:
    several = [candidate(at, f"Ana's badge {'x' * at}", str(40 + at), 0.8 - at / 100, news=at > 1) for at in (1, 2, 3)]
    assert [one.fact.number for one in ordered(several)] == [3, 2, 1]


def test_equals_stand_by_age_and_nothing_twice() -> None:
    first, second = candidate(1, "the office door", "4", 0.5), candidate(2, "the garden door", "Duda", 0.5)
    again = replace(first, fact=replace(first.fact, number=5))
    assert [one.fact.number for one in ordered([first, second])] == [2, 1]
    assert len(ordered([first, again])) == 1


# --- the program that made the constants -------------------------------------------------------------------------------


def drawn(weights: tuple[float, float, float], number: int = 3_000) -> list[Question]:
    """Questions with one fact each, right as often as these weights say."""
    chance = random.Random(1)
    made: list[Question] = []
    for at in range(number):
        cosine, share = chance.random(), chance.random()
        right = chance.random() < 1 / (1 + np.exp(-np.dot(weights, (cosine, share, 1))))
        told = Candidate(fact(at, "code", "right" if right else "wrong"), cosine, share, 0.5, False)
        made.append(Question(at % 2, Asked("code?", "right", "en"), (told,)))
    return made


def test_the_fit_finds_the_weights_that_its_data_were_drawn_with() -> None:
    wanted = (7.0, 5.0, -6.0)
    assert fit(drawn(wanted)) == pytest.approx(wanted, abs=0.8)
    assert fit(drawn((0.0, 0.0, -1.0)))[:2] == pytest.approx((0.0, 0.0), abs=0.3), "negative control: nothing to find"


def test_the_figures_count_what_is_shown() -> None:
    known = Question(1, Asked("code?", "8471", "en", outdated="9021"), (candidate(1, "code", "8471", 0.0),))
    stale = replace(known, found=(candidate(1, "code", "9021", 0.0),))
    unknown = Question(1, Asked("colour?", "", "en"), (candidate(1, "code", "8471", 0.0),))
    sure, unsure = np.array([0.0, 0.0, 9.0]), np.array([0.0, 0.0, -9.0])
    shown = figures([known, stale, unknown], sure)
    assert (shown["hit@5"], shown["hit@1"], shown["outdated first"], shown["unknown: none of 5"]) == (0.5, 0.5, 0.5, 0)
    hidden = figures([known, stale, unknown], unsure)
    assert (hidden["hit@5 of all"], hidden["hit@5"], hidden["hit@1"], hidden["unknown: none of 1"]) == (0.5, 0, 0, 1)
