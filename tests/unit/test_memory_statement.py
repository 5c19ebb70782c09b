"""What counts as stated by the user, what does not, and when two statements are about the same thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.memory.statement import MAX_MESSAGE_CHARS, MAX_STATEMENTS, stated


@pytest.mark.parametrize(
    ("said", "about", "value"),
    [
        ("my locker code is 8471", "my locker code", "8471"),
        ("Remember that my dentist is Dr. Olmo.", "my dentist", "Dr. Olmo"),
        ("By the way, Brelan is the manager of the Lestix project.", "the manager of the Lestix project", "Brelan"),
        ("meu gato se chama Tofu", "meu gato name", "Tofu"),
        ("moro em Faro", "moro em", "Faro"),
        ("I live in Porto.", "I live in", "Porto"),
        ("update: the gate code of the garage is 77", "the gate code of the garage", "77"),
        ("when it comes to my company, it's Caglum", "when it comes to my company", "Caglum"),
        ("note: wifi of the office = blue-41", "wifi of the office", "blue-41"),
        ("bramas is my name for 'npm run build'", "my name for 'npm run build'", "bramas"),
        ("fix the house stands for 'make all'", "fix the house", "make all"),
        ("we keep the logs in /var/log", "we keep", "the logs in /var/log"),
        ("People call me Druse.", "People call me", "Druse"),
        ("by 'open now' I mean `make it`", "by 'open now' I", "make it"),
        ("na nossa língua 'fleklo' significa sema", "na nossa língua 'fleklo'", "sema"),
        ("Rita dá aula para Duda", "Rita dá aula para", "Duda"),
        ("Olá! O aniversário da Rita é 3 de maio.", "O aniversário da Rita", "3 de maio"),
    ],
)
def test_statements(said: str, about: str, value: str) -> None:
    (found,) = stated(said)
    assert (found.about, found.value) == (about, value)
    assert found.text in said


@pytest.mark.parametrize(
    "said",
    [
        "what is my locker code?",
        "my locker code is 8471, right?",
        "list the files that are hidden",
        "Tell me what my dog is called",
        "I would like to see my code",
        "that is wrong",
        "your answer is 5",
        "you wrote 5 lines of Rust",
        "You find the bug in Foo.py",
        "You get an error in Python 3",
        "use 4 spaces for the Lestix module",
        "People think that Rust is better than Go",
        "Go and start the backup on August 24",
        "fix the house means work",
        "I keep forgetting the price of the Modrim sofa, it was $5",
        "I am looking for the price of the Reglin bike",
        "it is 8471",
        "my script is broken",
        "thanks",
        "I can't remember my company",
        "I was asked for Rita's address",
        "the entry code of Saglul's gate, please",
        "The favourite editor of Reflan is ...",
        "Eu esqueci o prazo do relatório de Cefe",
        "qual é o meu código",
        "você está errado",
        "escreva uma função que é rápida",
        "my dog is called Rex. Write a poem about him and about the sea.",
        "Leo tem 8 bombons e ganha 2. Com quantos fica?",
        "Text:\nmy locker code is 8471",
        "my password is [redacted: password]",
        "my code is 1 " + "very " * MAX_MESSAGE_CHARS,
        "",
    ],
)
def test_what_states_nothing(said: str) -> None:
    assert stated(said) == ()


@pytest.mark.parametrize(
    "said",
    [
        "Remember that the scale says 446 g for the jacket",
        "You reach the router of the Lestix office on port 34264.",
        "note: use 4 spaces for the Lestix module",
        "guardamos o time Chosas em /srv/zazal/kenir",
    ],
)
def test_a_statement_of_no_known_verb_is_kept_whole_and_replaces_nothing(said: str) -> None:
    (found,) = stated(said)
    assert (found.value, found.key) == ("", "")


def test_keys() -> None:
    def key(said: str) -> str:
        (found,) = stated(said)
        return found.key

    assert key("my locker code is 1") == key("the code of my locker is 2") == key("update: my locker code is 3")
    assert key("my favourite drink is tea") == key("my preferred drink is milk")
    assert key("my cat is called Tofu") == key("my cat's name is Miso")
    different = ["my locker code is 1", "the locker code is 1", "my gym locker code is 1", "my locker colour is red"]
    assert len({key(said) for said in different}) == len(different)


@given(st.text(max_size=500))
def test_any_text_is_read_without_harm(text: str) -> None:
    found = stated(text)
    assert len(found) <= MAX_STATEMENTS
    assert all(one.text and one.about and one.text in text for one in found)
