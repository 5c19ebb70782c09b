"""Common ground of the doing skills: question patterns, carriers, slot values, and the shape of a conversation.

Knows no skill: what is asked and what is answered comes from the modules that use it. Patterns are written as
``[a|b]`` (one of), ``<macro>`` (a shared alternation) and ``{slot}``; a leading ``?`` marks a question and ``!`` a bare
phrase, which take no carrier; anything else is a verb phrase (Portuguese: infinitive, further verbs marked ``~``).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from a3x.ladder.corpus.accents import unaccented
from a3x.ladder.corpus.example import Example, Message, Split, pick

Lang = Literal["en", "pt"]
PORTUGUESE_SHARE = 0.4
SLOT = re.compile(r"\{(\w+)\}")

MACROS: Mapping[str, str] = {
    "show": "[show|display|list|print|see]",
    "print": "[show|print|display|see]",
    "find": "[find|locate|search for|look for]",
    "count": "[count|get the number of|tell the number of]",
    "delete": "[delete|remove|erase]",
    "here": "[here|in this folder|in the current directory|in this directory|]",
    "file": "[|the file|file] {file}",
    "dir": "[|the folder|the directory|folder|directory] {dir}",
    "in dir": "[in|inside|under] [|the folder|the directory|folder] {dir}",
    "folder": "[folder|directory]",
    "listar": "[listar|mostrar|exibir|ver]",
    "mostrar": "[mostrar|exibir|ver|imprimir]",
    "achar": "[achar|encontrar|procurar|localizar|buscar]",
    "apagar": "[apagar|remover|deletar|excluir]",
    "aqui": "[aqui|nesta pasta|na pasta atual|neste diretório|do diretório atual|]",
    "o file": "[o arquivo|o ficheiro|] {file}",
    "do file": "[de|do arquivo|do ficheiro] {file}",
    "no file": "[em|no arquivo|dentro de] {file}",
    "a dir": "[a pasta|o diretório|] {dir}",
    "da dir": "[de|da pasta|do diretório] {dir}",
    "na dir": "[em|na pasta|no diretório|dentro de] {dir}",
    "pasta": "[pasta|]",
}

IRREGULAR = {
    "ver": "veja", "fazer": "faça", "dizer": "diga", "descobrir": "descubra", "medir": "meça", "pôr": "ponha",
    "ler": "leia", "obter": "obtenha", "extrair": "extraia", "saber": "saiba", "seguir": "siga", "dar": "dê",
    "ir": "vá", "conferir": "confira", "definir": "defina", "converter": "converta", "inverter": "inverta",
}  # fmt: skip
ENDINGS = (
    ("ear", "eie"), ("car", "que"), ("gar", "gue"), ("çar", "ce"), ("ar", "e"), ("er", "a"), ("ir", "a"),
)  # fmt: skip

SYSTEM: Mapping[Lang, tuple[str, ...]] = {
    "en": (
        "You are A³X, a local agent.",
        "You are A³X.",
        "You are a helpful local assistant.",
        "You are A³X, an agent on this computer. Be brief.",
        "Answer briefly.",
        "You are a local assistant. Answer with a command, code or a tool call when it fits.",
    ),
    "pt": (
        "Você é o A³X, um agente local.",
        "Você é o A³X.",
        "Você é um assistente local prestativo.",
        "Você é o A³X, um agente neste computador. Seja breve.",
        "Responda de forma breve.",
    ),
}
GREETINGS: Mapping[Lang, tuple[tuple[str, str], ...]] = {
    "en": (
        ("hi", "Hello! How can I help?"),
        ("Hello", "Hello! How can I help?"),
        ("hey there", "Hello! How can I help?"),
        ("good morning", "Good morning! How can I help?"),
        ("Good evening!", "Good evening! How can I help?"),
    ),
    "pt": (
        ("oi", "Olá! Como posso ajudar?"),
        ("Olá", "Olá! Como posso ajudar?"),
        ("e aí", "Olá! Como posso ajudar?"),
        ("bom dia", "Bom dia! Como posso ajudar?"),
        ("Boa noite!", "Boa noite! Como posso ajudar?"),
    ),
}


@dataclass(frozen=True)
class Family:
    """One thing a user may ask for: the answer pattern, and the ways of asking in both languages."""

    name: str
    answer: str
    en: tuple[str, ...]
    pt: tuple[str, ...]
    accept: tuple[str, ...] = ()

    @property
    def slots(self) -> tuple[str, ...]:
        """Slot names of the answer, in order of appearance."""
        return slots_of(self.answer)


@dataclass(frozen=True)
class Exchange:
    """One question answered, perhaps through a tool; ``accept`` holds other right final answers."""

    family: str
    lang: Lang
    slots: tuple[tuple[str, str], ...]
    messages: tuple[Message, ...]
    accept: tuple[str, ...] = ()


Draw = Callable[[random.Random, Split, float, Lang], Exchange]
"""Draws one exchange; the building block of every generator here."""


@cache
def slots_of(pattern: str) -> tuple[str, ...]:
    """Slot names in a pattern, once each, in order of appearance."""
    return tuple(dict.fromkeys(SLOT.findall(pattern)))


def fill(pattern: str, values: Mapping[str, str]) -> str:
    """Put the values in; braces that are not slots stay as they are."""
    return SLOT.sub(lambda match: values.get(match[1], match[0]), pattern)


@cache
def _parts_of(pattern: str) -> tuple[tuple[str, ...], ...]:
    for name, expansion in MACROS.items():
        pattern = pattern.replace(f"<{name}>", expansion)
    pieces = re.split(r"\[([^\]]*)\]", pattern)
    return tuple(tuple(piece.split("|")) if at % 2 else (piece,) for at, piece in enumerate(pieces))


def expand(rng: random.Random, pattern: str) -> str:
    """One reading of a pattern: alternations drawn, slots left in place."""
    text = "".join(rng.choice(part) if len(part) > 1 else "".join(part) for part in _parts_of(pattern))
    return " ".join(text.split())


@cache
def imperative(verb: str) -> str:
    """Brazilian Portuguese imperative (você) of an infinitive; a word that is none is returned unchanged."""
    if verb in IRREGULAR:
        return IRREGULAR[verb]
    for ending, replacement in ENDINGS:
        if verb.endswith(ending):
            return verb[: -len(ending)] + replacement
    return verb


def _command(text: str) -> str:
    first, _, rest = text.partition(" ")
    return re.sub(r"~(\w+)", lambda match: imperative(match[1]), f"{imperative(first)} {rest}".rstrip())


def ask(rng: random.Random, lang: Lang, patterns: tuple[str, ...], held: bool, carriers: tuple[str, ...]) -> str:
    """A way of asking, slots still open: a pattern in a carrier (``@`` takes the phrase, ``^`` its imperative)."""
    text = expand(rng, pick(rng, patterns, held))
    if text[0] == "?":
        text = text[1:] + ("?" if rng.random() < 0.7 else "")
    elif text[0] == "!":
        text = text[1:]
    else:
        carrier = rng.choice(carriers)
        text = carrier.replace("^", _command(text)) if "^" in carrier else carrier.replace("@", text.replace("~", ""))
    return roughen(rng, lang, text)


def roughen(rng: random.Random, lang: Lang, text: str) -> str:
    """The untidiness of real requests: case, punctuation and, in Portuguese, missing accents. Slots are left alone."""
    chance = rng.random()
    if chance < 0.45 and text[0] != "{":
        text = text[0].upper() + text[1:]
    elif chance < 0.6:
        text = text.lower()
    if text[-1] == "?" and rng.random() < 0.2:
        text = text[:-1]
    elif text[-1].isalnum() and rng.random() < 0.15:
        text += "."
    if lang == "pt" and rng.random() < 0.15:
        text = unaccented(text)
    return text


def choose_language(rng: random.Random) -> Lang:
    """English six times out of ten."""
    return "pt" if rng.random() < PORTUGUESE_SHARE else "en"


@dataclass(frozen=True)
class Doing:
    """A generator made of exchanges: the last one is the skill's own, an earlier one may come from ``before``.

    Earlier exchanges are always drawn from the training split; ``again`` is the share of conversations that have one.
    """

    skill: str
    draw: Draw
    before: tuple[Draw, ...]
    again: float = 0.1

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        """Draw one conversation."""
        lang = choose_language(rng)
        messages: list[Message] = []
        if rng.random() < 0.1:
            messages.append(Message("system", rng.choice(SYSTEM[lang])))
        if rng.random() < 0.05:
            hello, answer = rng.choice(GREETINGS[lang])
            messages += (Message("user", hello), Message("assistant", answer))
        if difficulty > 0.1 and rng.random() < self.again:
            messages += rng.choice(self.before)(rng, "train", difficulty, lang).messages
        last = self.draw(rng, split, difficulty, lang)
        return Example(self.skill, lang, (*messages, *last.messages), last.accept)
