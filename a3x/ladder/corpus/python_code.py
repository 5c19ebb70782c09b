"""Python skill: a request in words, answered by a short piece of Python in a fenced block.

Knows how questions and code are put together; the families are data and running them is the business of ``verify``.
"""

from __future__ import annotations

import random

from a3x.ladder.corpus import shell
from a3x.ladder.corpus.doing import Doing, Exchange, Family, Lang, ask, fill
from a3x.ladder.corpus.example import Generator, Message, Split
from a3x.ladder.corpus.python_families import FUNCTIONS, SNIPPETS
from a3x.ladder.corpus.slots import draw_all, quoted

FAMILIES: tuple[Family, ...] = (*FUNCTIONS, *SNIPPETS)

FUNCTION_CARRIERS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "write a Python function {func} that @",
        "write a function {func} that @",
        "write a function called {func} that @ in Python",
        "write a Python function named {func} which @",
        "create a Python function {func} that @",
        "please write a Python function {func} that @",
        "can you write a function {func} that @?",
        "could you write a Python function {func} that @, please?",
        "I need a Python function {func} that @",
        "python function {func} that @",
        "define {func} in Python, a function that @",
        "how do I write a Python function {func} that @?",
        "make a function {func} which @",
        "give me a Python function {func} that @",
        "code a function {func} in Python that @",
    ),
    "pt": (
        "escreva uma função Python {func} que @",
        "escreva uma função {func} que @",
        "escreva uma função chamada {func} em Python que @",
        "crie uma função Python {func} que @",
        "por favor, escreva uma função Python {func} que @",
        "você pode escrever uma função {func} que @?",
        "pode fazer uma função Python {func} que @, por favor?",
        "preciso de uma função Python {func} que @",
        "função python {func} que @",
        "defina {func} em Python, uma função que @",
        "como escrevo uma função Python {func} que @?",
        "faça uma função {func} que @",
        "quero uma função {func} em Python que @",
    ),
}
SNIPPET_CARRIERS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "@ in Python",
        "@ in python please",
        "in Python, @",
        "please @ in Python",
        "python code to @",
        "Python: @",
        "can you @ in Python?",
        "how do I @ in Python?",
        "how can I @ in Python?",
        "how to @ in python",
        "write Python code to @",
        "I want to @ in Python",
        "show me how to @ in Python",
        "with Python, @",
    ),
    "pt": (
        "^ em Python",
        "^ em python, por favor",
        "em Python, ^",
        "por favor, ^ em Python",
        "código python para @",
        "Python: ^",
        "você pode @ em Python?",
        "como faço para @ em Python?",
        "como @ em Python?",
        "como faço pra @ em python",
        "escreva código Python para @",
        "quero @ em Python",
        "preciso @ em Python",
        "com Python, ^",
    ),
}


def carriers(family: Family, lang: Lang) -> tuple[str, ...]:
    """The carriers that suit a family: functions are described, snippets are asked for."""
    return (FUNCTION_CARRIERS if "func" in family.slots else SNIPPET_CARRIERS)[lang]


def fenced(code: str) -> str:
    """The only form an answer takes."""
    return f"```python\n{code}\n```"


def draw_family(family: Family, rng: random.Random, split: Split, difficulty: float, lang: Lang) -> Exchange:
    """A question of this family and its code."""
    values = draw_all(rng, family.slots, split == "slots", difficulty)
    shown = {slot: quoted(rng, slot, value) for slot, value in values.items()}
    question = fill(ask(rng, lang, getattr(family, lang), split == "phrasing", carriers(family, lang)), shown)
    messages = (Message("user", question), Message("assistant", fenced(fill(family.answer, values))))
    return Exchange(family.name, lang, tuple(values.items()), messages)


def draw(rng: random.Random, split: Split, difficulty: float, lang: Lang) -> Exchange:
    """Any family."""
    return draw_family(rng.choice(FAMILIES), rng, split, difficulty, lang)


GENERATORS: tuple[Generator, ...] = (Doing("python", draw, (draw, shell.draw)),)
