"""Guises change how a request is typed, never what it asks."""

from __future__ import annotations

import random

import pytest

from a3x.ladder import batches
from a3x.ladder.corpus import guise as guises
from a3x.ladder.corpus.example import Example, Message
from a3x.ladder.corpus.guise import form, guise
from a3x.ladder.recipe import Recipe

RECIPE = Recipe()
CORPUS = batches.corpus(RECIPE)


def drawn(count: int) -> list[Example]:
    rng = random.Random(3)
    return [batches.draw(CORPUS, RECIPE, rng, 1.0) for _ in range(count)]


def kept(example: Example, worn: Example) -> None:
    """Answers stand, and so does every word that an answer or another message says."""
    assert len(example.messages) == len(worn.messages)
    for before, after in zip(example.messages, worn.messages, strict=True):
        assert before.role == after.role
        if before.role != "user":
            assert after == before
            continue
        head, _, line = before.content.rpartition("\n")
        assert after.content.rpartition("\n")[0] == head
        others = " ".join([head, *(other.content for other in example.messages if other is not before)])
        said = guises._words(others) & guises._words(line)
        assert said <= guises._words(after.content)


def test_a_guise_keeps_what_is_asked() -> None:
    rng, changed = random.Random(4), 0
    for example in drawn(1500):
        worn = guise(rng, example)
        kept(example, worn)
        changed += worn != example
    assert changed > 500


def test_a_guise_that_slips_in_any_word_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    slip = guises._slip
    monkeypatch.setattr(guises, "_slip", lambda rng, text, spared: slip(rng, text.lower(), frozenset()))
    rng = random.Random(4)
    with pytest.raises(AssertionError):
        for example in drawn(1500):
            kept(example, guise(rng, example))


def test_no_guise_hits_on_what_is_judged() -> None:
    example = Example("howto", "en", (Message("user", "show me the log"), Message("assistant", "`a3x log`")))
    rng = random.Random(1)
    forms = {form(guise(rng, example).messages[0].content) for _ in range(4000)}
    assert "please show me the log" in forms
    forms = {form(guise(rng, example, {"please show me the log"}).messages[0].content) for _ in range(4000)}
    assert "please show me the log" not in forms


def test_what_the_suites_ask_is_known_by_its_form() -> None:
    asked = batches.judged()
    assert len(asked) > 500
    assert form("Ótimo, É  isso?") == "otimo e isso"


def test_a_guise_is_a_pure_function_of_the_seed() -> None:
    for example in drawn(50):
        assert guise(random.Random(9), example) == guise(random.Random(9), example)
