"""Other forms of a question: what the rules read, what they leave alone, and what no form may lose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a3x.learn.paraphrase import FRAMES, forms
from a3x.stores.phrasing import key


@pytest.mark.parametrize(
    ("lang", "question", "form"),
    [
        ("en", "What is the code of the blue locker?", "tell me the blue locker's code"),
        ("en", "the blue locker's code?", "what is the code of the blue locker?"),
        ("en", "Who is my manager?", "do you know who my manager is?"),
        ("en", "Tell me who my manager is", "who is my manager?"),
        ("en", "When is the team meeting?", "remind me when the team meeting is"),
        ("en", "Where is my car parked?", "tell me where my car is parked"),
        ("en", "Where was I born?", "tell me where I was born"),
        ("en", "Which editor do I prefer?", "tell me which editor I prefer"),
        ("en", "tell me which editor I prefer", "which editor do I prefer?"),
        ("en", "When does the shop close?", "I forgot when the shop closes"),
        ("en", "What does my sister study?", "tell me what my sister studies"),
        ("en", "which code opens the door?", "do you know which code opens the door?"),
        ("en", "What is my boat called?", "the name of my boat, please"),
        ("en", "Which command is 'tidy'?", "what does 'tidy' run?"),
        ("en", 'What do I mean by "the den"?', 'what does "the den" mean?'),
        ("pt", "Qual é a senha do portão?", "me diga a senha do portão"),
        ("pt", "Quem é a minha chefe?", "você sabe quem é a minha chefe?"),
        ("pt", "Onde eu moro?", "me diga onde eu moro"),
        ("pt", "me diga onde eu moro", "onde eu moro?"),
        ("pt", "Como se chama o meu gato?", "qual é o nome do meu gato?"),
        ("pt", "Qual é o nome da minha gata?", "como se chama a minha gata?"),
        ("pt", "Qual comando é 'faxina'?", "o que 'faxina' roda?"),
    ],
)
def test_forms_of_a_question(lang: str, question: str, form: str) -> None:
    assert form in forms(question, lang)


@pytest.mark.parametrize(
    ("question", "lang"),
    [
        ("", "en"),
        ("?", "en"),
        ("Nimor", "en"),
        ("Where did I park?", "en"),
        ("line one\nline two?", "en"),
        ("Was ist das?", "de"),
    ],
)
def test_what_no_rule_reads_has_no_other_forms(question: str, lang: str) -> None:
    assert forms(question, lang) == ()


PARTS = ("the", "my", "what is", "who", "where", "I", "do", "of", "'x'", "{q}", "}", "?", "qual é", "o nome de")
WORDS = st.lists(st.sampled_from(PARTS))


@given(st.one_of(WORDS.map(" ".join), st.text(max_size=60)), st.sampled_from(("en", "pt")))
def test_any_text_is_read_without_an_error(question: str, lang: str) -> None:
    found = forms(question, lang)
    assert key(question) not in {key(form) for form in found}
    assert len({key(form) for form in found}) == len(found)


NAMES = st.sampled_from(("green gate", "kettle", "rowing club", "north tower"))


@given(
    NAMES,
    st.sampled_from(
        ("What is the age of the {n}?", "when is the {n}?", "Which price has the {n}?", "Where does the {n} stand?")
    ),
)
def test_a_form_still_asks_about_the_same_thing(name: str, question: str) -> None:
    found = forms(question.format(n=name), "en")
    assert found
    assert all(name in form for form in found)


def test_every_frame_is_filled_from_what_was_read() -> None:
    assert all("{" in frame for kinds in FRAMES.values() for frames in kinds.values() for frame in frames)
    assert not any("{" in form for form in (*forms("What is my age?", "en"), *forms("Qual é a minha idade?", "pt")))
