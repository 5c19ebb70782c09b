"""Corrections in chat: what is one, with which value, and above all what is none. Bilingual; no store, no model."""

from __future__ import annotations

import random

import pytest

from a3x.ladder.corpus import facts, reading
from a3x.memory.correction import detect

CODE = ("What is the gate code?", "7000")
CODIGO = ("Qual é o código do portão?", "7000")

POSITIVE_EN = {
    "no, it is 8471": "8471",
    "No, it's 8471.": "8471",
    "nope, it’s 8471!": "8471",
    "no: 8471": "8471",
    "No. It is 8471.": "8471",
    "no, 8471": "8471",
    "wrong: 8471": "8471",
    "wrong, it's 8471": "8471",
    "That's wrong, it is 8471.": "8471",
    "that is wrong. It is 8471": "8471",
    "you are wrong, it's 8471": "8471",
    "no, that's wrong: it is 8471": "8471",
    "that is not right, it's 8471": "8471",
    "not correct, it is 8471": "8471",
    "incorrect: it is 8471": "8471",
    "you got it wrong: 8471": "8471",
    "actually, it is 8471": "8471",
    "Actually it's 8471": "8471",
    "actually, 8471": "8471",
    "correction: 8471": "8471",
    "Let me correct that: 8471": "8471",
    "it should be 8471": "8471",
    "it is 8471 now": "8471",
    "now it's 8471": "8471",
    "not any more, now it's 8471": "8471",
    "the right answer is 8471": "8471",
    "No, the correct answer is 8471.": "8471",
    "I meant 8471": "8471",
    "sorry, it is 8471": "8471",
    "please change it to 8471": "8471",
    "no, the gate code is 8471": "8471",
    "actually, 8471 is the code of the gate": "8471",
    "no, it is 8471, remember that": "8471",
    "no, it is 8471, not 7000": "8471",
    "no, it's `git push --force`": "git push --force",
    "no, it is 'Zorp 7'": "Zorp 7",
    "update: 8471": "8471",
}
POSITIVE_PT = {
    "não, é 8471": "8471",
    "Não. É 8471.": "8471",
    "não: 8471": "8471",
    "não, 8471": "8471",
    "não! 8471": "8471",
    "não é isso, é 8471": "8471",
    "nada disso, é 8471": "8471",
    "errado, é 8471": "8471",
    "errado: 8471": "8471",
    "Está errado, é 8471.": "8471",
    "isso está errado: é 8471": "8471",
    "isso não está certo, é 8471": "8471",
    "incorreto: é 8471": "8471",
    "na verdade, é 8471": "8471",
    "na verdade é 8471": "8471",
    "na verdade, 8471": "8471",
    "correção: 8471": "8471",
    "preciso te corrigir: é 8471": "8471",
    "deixa eu corrigir: 8471": "8471",
    "você errou, é 8471": "8471",
    "você se enganou: 8471": "8471",
    "deveria ser 8471": "8471",
    "tem que ser 8471": "8471",
    "mudou, agora é 8471": "8471",
    "agora é 8471": "8471",
    "não é mais, agora é 8471": "8471",
    "a resposta certa é 8471": "8471",
    "o correto é 8471": "8471",
    "eu quis dizer 8471": "8471",
    "desculpa, eu quis dizer 8471": "8471",
    "por favor, mude para 8471": "8471",
    "corrija: 8471": "8471",
    "não, o código do portão é 8471": "8471",
    "não, é 8471, lembre disso": "8471",
    "não, é 8471, não 7000": "8471",
    "não, é “azul claro”": "azul claro",
}
NEGATIVE_EN = (
    "no",
    "no, thanks",
    "No, thank you.",
    "no problem",
    "no, please stop",
    "no, I don't want that",
    "no, I will do it myself",
    "no, you misunderstood me",
    "no, what is the capital of France?",
    "no, is it 8471?",
    "wrong?",
    "wrong window",
    "wrong, try again",
    "that's wrong",
    "that is not right",
    "actually, can you explain it?",
    "actually, I have another question",
    "actually, never mind",
    "actually, let's talk about something else",
    "it is raining now",
    "it is getting late now",
    "it should be noted that the door sticks",
    "sorry, it is late",
    "sorry, I have to go",
    "now it is time to go",
    "thanks, it is 8471",
    "yes, it is 7000",
    "no, it is 7000",
    "ok, tell me about the gate",
    "I said that I would come later",
    "what about the front door?",
    "make that shorter please and explain why you chose it over all the others",
    "write a poem about a gate",
    "no, write it in French",
    "no, explain it again",
    "no, not that one",
    "I have no idea",
    "the gate is open",
    "remember that the gate is open",
    "no, it is a very long story that begins a long time ago in a small town",
    "no.\n8471\nand the rest of a pasted file",
    "No. That was yesterday. It is another thing today, believe me.",
    "",
)
NEGATIVE_PT = (
    "não",
    "não, obrigado",
    "Não, obrigada.",
    "não, por favor pare",
    "não, eu não quero isso",
    "não, eu mesmo faço",
    "não, você não entendeu",
    "não, qual é a capital da França?",
    "não é 8471?",
    "errado?",
    "errado, tente de novo",
    "está errado",
    "isso não está certo",
    "na verdade, pode explicar?",
    "na verdade, tenho outra pergunta",
    "na verdade, deixa para lá",
    "na verdade, vamos falar de outra coisa",
    "agora é tarde",
    "agora é hora de ir",
    "desculpe, é que estou com pressa",
    "desculpe, é tarde",
    "obrigado, é 8471",
    "sim, é 7000",
    "não, é 7000",
    "eu disse que viria mais tarde",
    "e a porta da frente?",
    "escreva um poema sobre um portão",
    "não, escreva em francês",
    "não, explique de novo",
    "não, esse não",
    "não sei",
    "não tenho ideia",
    "o portão está aberto",
    "lembre que o portão está aberto",
    "não, é uma história muito longa que começa há muito tempo numa cidade pequena",
    "não.\n8471\ne o resto de um arquivo colado",
    "",
)


@pytest.mark.parametrize(("message", "value"), POSITIVE_EN.items())
def test_english_corrections(message: str, value: str) -> None:
    assert detect(*CODE, message) == value


@pytest.mark.parametrize(("message", "value"), POSITIVE_PT.items())
def test_portuguese_corrections(message: str, value: str) -> None:
    assert detect(*CODIGO, message) == value


@pytest.mark.parametrize("message", NEGATIVE_EN)
def test_english_messages_that_correct_nothing(message: str) -> None:
    assert detect(*CODE, message) is None


@pytest.mark.parametrize("message", NEGATIVE_PT)
def test_portuguese_messages_that_correct_nothing(message: str) -> None:
    assert detect(*CODIGO, message) is None


def test_there_are_enough_sentences() -> None:
    assert min(map(len, (POSITIVE_EN, POSITIVE_PT, NEGATIVE_EN, NEGATIVE_PT))) >= 30


@pytest.mark.parametrize("message", ["no, it is 8471", "actually, 8471", "it is 8471 now", "não, é 8471"])
def test_weak_forms_need_a_question_before_them(message: str) -> None:
    assert detect("The gate squeaks.", "I see.", message) is None
    assert detect("", "", message) is None
    assert detect("What is the gate code?", "", message) is None
    assert detect("What is the gate code?", "7000", message) == "8471"


@pytest.mark.parametrize("lang", ["en", "pt"])
def test_the_forms_the_seed_was_grown_with(lang: facts.Lang) -> None:
    """Of 48 forms with drawn facts: hardly one gives another value, and few are missed."""
    rng = random.Random(11)
    found: list[bool | None] = []
    for form in reading.CORRECTIONS[lang] * 8:
        fact = facts.draw(rng, lang)
        shown = facts.quoted(rng, fact) if rng.random() < 0.5 else fact.value
        message = form.replace("{v}", shown).replace("{say}", facts.say(rng, fact, plain=True))
        value = detect(facts.ask(rng, fact), "Zorp", message)
        found.append(None if value is None else fact.value in value)
    assert found.count(True) / len(found) > 0.9
    assert found.count(False) / len(found) < 0.01


@pytest.mark.parametrize("lang", ["en", "pt"])
def test_other_talk_of_the_seed_holds_no_correction(lang: facts.Lang) -> None:
    """Questions, statements, thanks and copying, after any question: at most one in two hundred is misread."""
    rng = random.Random(12)
    wrong = []
    for _ in range(400):
        about, other = facts.draw(rng, lang), facts.draw(rng, lang)
        said = rng.choice((facts.ask(rng, other), facts.say(rng, other, plain=True), f"ok, {facts.ask(rng, other)}"))
        if detect(facts.ask(rng, about), about.value, said) is not None:
            wrong.append(said)
    assert len(wrong) <= 2, wrong
