"""What the next message says of an answer, in English and Portuguese; what only looks like it says nothing."""

from __future__ import annotations

import pytest

from a3x.memory.signals import complains, overlap, react, rephrases, thanks

QUESTION, ANSWER = "how do I list hidden files in a folder?", "use ls"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("thanks, that worked", "thanked"),
        ("Obrigado! Agora mostre o tamanho", "thanked"),
        ("perfeito", "thanked"),
        ("no problem, and how large are they?", "thanked"),
        ("that doesn't work", "complained"),
        ("thanks but it doesn't work", "complained"),
        ("obrigado, mas não funcionou", "complained"),
        ("ainda dá erro", "complained"),
        ("I asked for hidden ones", "complained"),
        ("isso está errado", "complained"),
        ("how can I see hidden files of a folder?", "rephrased"),
        ("how do I list hidden files in a folder", "rephrased"),
        ("no, it is ls -a", "corrected"),
        ("what is the capital of Peru?", "moved_on"),
        ("why doesn't my engine start in winter?", "moved_on"),
    ],
)
def test_reactions(said: str, kind: str) -> None:
    assert react(QUESTION, ANSWER, said, 30.0).kind == kind


def test_the_same_question_much_later_is_no_complaint() -> None:
    assert react(QUESTION, ANSWER, "how can I see hidden files of a folder?", 86_400.0).kind == "moved_on"


@pytest.mark.parametrize(
    ("one", "other"),
    [("what is 3 + 4?", "what is 5 + 6?"), ("list the files in /tmp", "list the files in /etc"), ("hi", "bye")],
)
def test_the_same_form_about_something_else_is_another_question(one: str, other: str) -> None:
    assert not rephrases(one, other)


def test_vectors_find_what_words_do_not() -> None:
    assert overlap("how big is my disk?", "quanto espaço tem o meu HD?") == 0.0
    assert rephrases("how big is my disk?", "quanto espaço tem o meu HD?", cosine=0.9)
    assert not rephrases("how big is my disk?", "quanto espaço tem o meu HD?", cosine=0.5)


def test_a_long_message_is_about_more() -> None:
    long = "wrong " + "word " * 40
    assert not complains(long)
    assert not thanks("thanks " + long)
