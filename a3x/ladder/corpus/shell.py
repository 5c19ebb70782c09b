"""Shell skill: a request in words, answered by one command in a fenced block.

Knows how questions and commands are put together; the families are data and running them is the business of ``verify``.
"""

from __future__ import annotations

import random

from a3x.ladder.corpus.doing import Doing, Exchange, Family, Lang, ask, fill
from a3x.ladder.corpus.example import Generator, Message, Split
from a3x.ladder.corpus.shell_changes import CHANGES
from a3x.ladder.corpus.shell_families import LISTING, READING, SEARCH
from a3x.ladder.corpus.shell_system import A3X, GIT, SYSTEM
from a3x.ladder.corpus.slots import draw_all, quoted

FAMILIES: tuple[Family, ...] = (*LISTING, *READING, *SEARCH, *CHANGES, *SYSTEM, *GIT, *A3X)
SLOTTED = tuple(family for family in FAMILIES if family.slots)

CARRIERS: dict[Lang, tuple[str, ...]] = {
    "en": (
        *("@",) * 8,
        "please @",
        "@ please",
        "can you @?",
        "could you @?",
        "could you please @?",
        "how do I @?",
        "how can I @?",
        "how to @",
        "how to @?",
        "what is the command to @?",
        "what's the command to @?",
        "which command do I use to @?",
        "command to @",
        "shell command to @",
        "I want to @",
        "I need to @",
        "I would like to @",
        "I'd like to @",
        "help me @",
        "give me a command to @",
        "@ in the terminal",
        "is there a way to @?",
    ),
    "pt": (
        *("^",) * 6,
        "@",
        "@",
        "por favor, ^",
        "^, por favor",
        "^ por favor",
        "você pode @?",
        "pode @?",
        "pode @ para mim?",
        "como faço para @?",
        "como faço pra @?",
        "como @?",
        "como eu posso @?",
        "qual é o comando para @?",
        "qual comando uso para @?",
        "comando para @",
        "quero @",
        "preciso @",
        "gostaria de @",
        "me ajude a @",
        "tem como @?",
        "^ pelo terminal",
    ),
}


def fenced(command: str) -> str:
    """The only form an answer takes."""
    return f"```sh\n{command}\n```"


def draw_family(family: Family, rng: random.Random, split: Split, difficulty: float, lang: Lang) -> Exchange:
    """A question of this family and its command."""
    values = draw_all(rng, family.slots, split == "slots", difficulty)
    shown = {slot: quoted(rng, slot, value) for slot, value in values.items()}
    question = fill(ask(rng, lang, getattr(family, lang), split == "phrasing", CARRIERS[lang]), shown)
    messages = (Message("user", question), Message("assistant", fenced(fill(family.answer, values))))
    accept = tuple(fenced(fill(other, values)) for other in family.accept)
    return Exchange(family.name, lang, tuple(values.items()), messages, accept)


def draw(rng: random.Random, split: Split, difficulty: float, lang: Lang) -> Exchange:
    """Any family; where slots are held out, any that has some."""
    return draw_family(rng.choice(SLOTTED if split == "slots" else FAMILIES), rng, split, difficulty, lang)


GENERATORS: tuple[Generator, ...] = (Doing("shell", draw, (draw,)),)
