"""The same request as somebody else would type it: led in, thanked for, hurried, with a slip; what is asked stays.

A seed that has heard every request in one dress only answers by a hair, and the first lesson takes that hair. Knows
conversations; knows nothing of skills. Words that an answer repeats or another message says are never touched.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection
from dataclasses import replace

from a3x.ladder.corpus.accents import unaccented
from a3x.ladder.corpus.example import Example, Message

PLAIN = frozenset({"copy", "memo", "correction"})
"""Skills whose requests are quoted or stated word for word: only their letters may slip."""
MAX_CHARACTERS = 160
LEADS = {
    "en": (
        *("hey, ", "ok, ", "so, ", "please, ", "hi, ", "hello, ", "well, ", "now, ", "quick question: ", "one more: "),
        *("um, ", "right, ", "okay so ", "good, ", "next: ", "listen, ", "sorry, ", "excuse me, ", "also, ", "and "),
    ),
    "pt": (
        *(
            "ei, ",
            "ok, ",
            "então, ",
            "por favor, ",
            "oi, ",
            "olá, ",
            "bem, ",
            "agora, ",
            "pergunta rápida: ",
            "mais uma: ",
        ),
        *(
            "hum, ",
            "certo, ",
            "tá, ",
            "bom, ",
            "próxima: ",
            "escuta, ",
            "desculpa, ",
            "com licença, ",
            "também, ",
            "e ",
        ),
    ),
}
TAILS = {
    "en": (
        ", please",
        " please",
        ", thanks",
        " thanks",
        ", thank you",
        ", ok",
        " now",
        ", if you can",
        ", would you",
        " :)",
    ),
    "pt": (
        *(
            ", por favor",
            " por favor",
            ", obrigado",
            " obrigada",
            ", valeu",
            ", ok",
            " agora",
            ", se puder",
            ", pode ser",
        ),
        " :)",
    ),
}
SMALL = {"en": frozenset({"the", "a", "an"}), "pt": frozenset({"o", "os", "um", "uma"})}


def guise(rng: random.Random, example: Example, asked: Collection[str] = ()) -> Example:
    """``example`` with each of its requests in a guise at even odds; never one whose ``form`` is in ``asked``."""
    messages = list(example.messages)
    for at, message in enumerate(messages):
        if message.role != "user" or rng.random() < 0.5:
            continue
        head, line, text = message.content.rpartition("\n")
        if not 6 <= len(text) <= MAX_CHARACTERS or re.search(r"[`{}<>\\]", text):
            continue
        spared = _words(" ".join([head, *(other.content for other in messages if other is not message)]))
        worn = _wear(rng, text, example.lang, spared, example.skill in PLAIN)
        if form(worn) not in asked:
            messages[at] = Message("user", head + line + worn)
    return replace(example, messages=tuple(messages))


def form(text: str) -> str:
    """What two ways of typing the same words share."""
    return " ".join(re.findall(r"\w+", unaccented(text).casefold()))


def _wear(rng: random.Random, text: str, lang: str, spared: frozenset[str], plain: bool) -> str:
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        text = _slip(rng, text, spared)
    if lang == "pt" and rng.random() < 0.25:
        text = re.sub(r"\w+", lambda word: word[0] if word[0].casefold() in spared else unaccented(word[0]), text)
    if plain:
        return text
    if rng.random() < 0.15:
        text = _dropped(rng, text, SMALL[lang], spared)
    if rng.random() < 0.25 and text[-1].isalnum() | (text[-1] in "?.!"):
        end = text[-1] if text[-1] in "?.!" else ""
        text = text.rstrip("?.!") + rng.choice(TAILS[lang]) + (end if rng.random() < 0.6 else "")
    elif rng.random() < 0.3:
        text = text.rstrip("?.!") or text
    if rng.random() < 0.35:
        text = rng.choice(LEADS[lang]) + _lowered(text, spared)
    elif rng.random() < 0.3:
        text = _lowered(text, spared)
    return text[:1].upper() + text[1:] if rng.random() < 0.5 and text.split()[0].casefold() not in spared else text


def _slip(rng: random.Random, text: str, spared: frozenset[str]) -> str:
    """One slip in one lower-case word: two letters swapped, one lost, doubled or mistaken."""
    found = re.finditer(r"(?<![\w'\"./@-])[^\W\d_]{4,}(?![\w'\"./@-])", text)
    words = [word for word in found if word[0].islower() and word[0] not in spared]
    if not words:
        return text
    word = rng.choice(words)
    at = rng.randrange(word.start() + 1, word.end() - 1)
    wrong = (text[at + 1] + text[at], text[at + 1], text[at] * 2 + text[at + 1], rng.choice("aeiourst") + text[at + 1])
    return text[:at] + rng.choice(wrong) + text[at + 2 :]


def _dropped(rng: random.Random, text: str, small: frozenset[str], spared: frozenset[str]) -> str:
    words = text.split(" ")
    places = [at for at, word in enumerate(words) if word.casefold() in small - spared]
    if places:
        del words[rng.choice(places)]
    return " ".join(words) or text


def _lowered(text: str, spared: frozenset[str]) -> str:
    first = text.split()[0]
    return text if first in {"I", "I'm", "A³X", "A3X"} or first.casefold() in spared else text[:1].lower() + text[1:]


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in re.findall(r"\w+", text))
