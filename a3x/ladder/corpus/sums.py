"""Sums skill: arithmetic through the ``calc`` tool.

The model never works a sum out: it writes the expression, reads the result and repeats it. The numbers a question may
hold out are judged by the whole expression.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass

from a3x.arithmetic import DIVISION_ERROR, calc
from a3x.ladder.corpus import python_code, shell
from a3x.ladder.corpus.doing import Doing, Exchange, Lang, ask, fill
from a3x.ladder.corpus.example import Generator, Message, Split, held_out
from a3x.ladder.corpus.sums_families import CARRIERS, FAMILIES, PEOPLE, THINGS, SumFamily

CANNOT_DIVIDE: dict[Lang, str] = {"en": "I cannot divide by zero.", "pt": "Não é possível dividir por zero."}
SIGNS = {"*": " × ", "/": " ÷ ", "+": " + ", "-": " - ", "%": " mod "}
WORDS: dict[Lang, dict[str, str]] = {
    "en": {"+": "plus", "-": "minus", "*": "times", "/": "divided by", "%": "mod"},
    "pt": {"+": "mais", "-": "menos", "*": "vezes", "/": "dividido por", "%": "mod"},
}


def written_out(expression: str) -> str:
    """The expression in everyday notation: ``17*23`` becomes ``17 × 23``; a leading minus keeps its number."""
    return re.sub(r"(?<=[\d)])[-+*/%]", lambda match: SIGNS[match[0]], expression)


def answer(expression: str, lang: Lang) -> str:
    """What the assistant says once the calculator has spoken."""
    result = calc(expression)
    return CANNOT_DIVIDE[lang] if result == DIVISION_ERROR else f"{written_out(expression)} = {result}"


def tool_call(expression: str) -> str:
    """The call, the way the model must write it."""
    call = json.dumps({"name": "calc", "arguments": {"expression": expression}})
    return f"<tool_call>{call}</tool_call>"


@dataclass(frozen=True)
class _Sum:
    """One drawn sum: the expression for the tool and the values for the question."""

    expression: str
    values: tuple[tuple[str, str], ...]


def _number(rng: random.Random, difficulty: float, decimals: bool) -> str:
    digits = rng.randint(1, 2 + round(3 * difficulty))
    number = str(rng.randint(0 if digits == 1 else 10 ** (digits - 1), 10**digits - 1))
    if decimals and rng.random() < 0.6:
        number += f".{rng.randint(1, 9)}" if rng.random() < 0.6 else f".{rng.randint(0, 9)}{rng.randint(1, 9)}"
    return number


def _chain(rng: random.Random, difficulty: float) -> str:
    terms = [_number(rng, difficulty * 0.6, False) for _ in range(3 if rng.random() < 0.7 else 4)]
    signs = [rng.choice("+-*") for _ in terms[1:]]
    if difficulty > 0.4 and rng.random() < 0.6:
        at = rng.randrange(len(terms) - 1)
        terms[at], terms[at + 1] = f"({terms[at]}", f"{terms[at + 1]})"
    return terms[0] + "".join(sign + term for sign, term in zip(signs, terms[1:], strict=True))


def _draw_sum(family: SumFamily, rng: random.Random, difficulty: float) -> _Sum:
    if family.name == "chain":
        return _Sum(_chain(rng, difficulty), ())
    if family.name == "zero":
        a = _number(rng, difficulty, False)
        return _Sum(f"{a}/0", (("a", a), ("b", "0")))
    decimals = family.decimals and difficulty > 0.1 and rng.random() < 0.2
    a, b = _number(rng, difficulty, decimals), _number(rng, difficulty, decimals)
    if family.name == "percent":
        b = str(rng.randint(0, 99))
    if family.least:
        a, b = (str(int(number) + family.least) if number.isdigit() else number for number in (a, b))
    if family.ordered and float(a) < float(b):
        a, b = b, a
    if family.divides and rng.random() < 0.7:
        a = str(int(a) * int(b)) if a.isdigit() and b.isdigit() and len(a + b) < 8 else a
    return _Sum(fill(family.expression, {"a": a, "b": b}), (("a", a), ("b", b)))


def _usable(drawn: _Sum, family: SumFamily, held: bool) -> bool:
    if held_out(drawn.expression) != held:
        return False
    result = calc(drawn.expression)
    if family.name == "zero":
        return True
    return not result.startswith("error") and (result != "0" or "/" not in drawn.expression)


def _notation(rng: random.Random, expression: str, lang: Lang) -> str:
    """The bare sum as a user may type it: 17*23, 17 x 23, 17 × 23, 17 times 23."""
    chance = rng.random()
    if chance < 0.3:
        return expression
    if chance < 0.5:
        return re.sub(r"[-+*/%]", r" \g<0> ", expression)
    times, over = rng.choice((("×", "÷"), ("x", "/"), ("×", "/"), ("x", "÷")))
    if chance < 0.75:
        space = rng.choice(("", " "))
        symbols = {"*": times, "/": over, "%": "mod"}
        return re.sub(r"[-+*/%]", lambda m: _spaced(symbols.get(m[0], m[0]), space), expression)
    return re.sub(r"[-+*/%]", lambda m: f" {WORDS[lang][m[0]]} ", expression)


def _spaced(symbol: str, space: str) -> str:
    return f" {symbol} " if symbol == "mod" or space else symbol


def draw_family(family: SumFamily, rng: random.Random, split: Split, difficulty: float, lang: Lang) -> Exchange:
    """A question of this family, the call, the result and the answer."""
    drawn = _draw_sum(family, rng, difficulty)
    while not _usable(drawn, family, split == "slots"):
        drawn = _draw_sum(family, rng, difficulty)
    shown = dict(drawn.values) | {"sum": _notation(rng, drawn.expression, lang)}
    if lang == "pt" and rng.random() < 0.5:
        shown = {slot: value.replace(".", ",") for slot, value in shown.items()}
    shown |= {"who": rng.choice(PEOPLE), "things": rng.choice(THINGS[lang])}
    question = fill(ask(rng, lang, getattr(family, lang), split == "phrasing", CARRIERS[lang]), shown)
    result = calc(drawn.expression)
    messages = (
        Message("user", question),
        Message("assistant", tool_call(drawn.expression)),
        Message("tool", result),
        Message("assistant", answer(drawn.expression, lang)),
    )
    return Exchange(family.name, lang, (("expression", drawn.expression), *drawn.values), messages)


def draw(rng: random.Random, split: Split, difficulty: float, lang: Lang) -> Exchange:
    """Any family, by weight; chains come with difficulty."""
    weights = [family.weight if family.name != "chain" or difficulty >= 0.3 else 0 for family in FAMILIES]
    return draw_family(rng.choices(FAMILIES, weights)[0], rng, split, difficulty, lang)


GENERATORS: tuple[Generator, ...] = (
    Doing("sums", draw, (draw, draw, draw, draw, shell.draw, python_code.draw), again=0.4),
)
