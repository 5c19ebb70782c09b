"""Skill ``json``: extract named fields into one line of JSON, or answer a request with a tool call.

Field and tool names come from the request or from the system message, so they must be copied. Knows nothing of
running tools.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from a3x.ladder.corpus import fact_slots
from a3x.ladder.corpus.example import Example, Generator, Message, Split, pick
from a3x.ladder.corpus.fact_slots import Lang

_REQUESTS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Give me JSON with {f}: {t}",
        "give me JSON with {f}.\n{t}",
        "{t}\nGive me JSON with {f}.",
        "Return JSON with {f}: {t}",
        "Extract {f} as JSON: {t}",
        "{t}\nExtract {f} as JSON.",
        "JSON with {f}: {t}",
        "JSON, fields {f}: {t}",
        "Turn this into JSON with {f}: {t}",
        "{t}\nAs JSON, with {f}.",
        "Make a JSON object with {f} from: {t}",
        "Text: {t}\nJSON fields: {f}",
        "I need {f} in JSON. {t}",
        "Fill a JSON object with {f}. {t}",
        "Answer in JSON ({f}): {t}",
        "Convert to JSON with {f}: {t}",
    ),
    "pt": (
        "Me dê um JSON com {f}: {t}",
        "me dê um JSON com {f}.\n{t}",
        "{t}\nMe dê um JSON com {f}.",
        "Devolva um JSON com {f}: {t}",
        "Extraia {f} em JSON: {t}",
        "{t}\nExtraia {f} em JSON.",
        "JSON com {f}: {t}",
        "JSON, campos {f}: {t}",
        "Transforme isto em JSON com {f}: {t}",
        "{t}\nEm JSON, com {f}.",
        "Faça um objeto JSON com {f} a partir de: {t}",
        "Texto: {t}\nCampos do JSON: {f}",
        "Preciso de {f} em JSON. {t}",
        "Preencha um objeto JSON com {f}. {t}",
        "Responda em JSON ({f}): {t}",
        "Converta para JSON com {f}: {t}",
    ),
}


@dataclass(frozen=True)
class Field:
    """One thing a sentence can tell: the names it may be asked under, its value kind and how it is told."""

    names: tuple[str, ...]
    kind: str
    told: tuple[str, ...]

    @property
    def number(self) -> bool:
        """Whether JSON holds it as a number."""
        return self.kind in _NUMBERS


_NUMBERS = ("size", "number", "port")
_FIELDS: dict[Lang, tuple[Field, ...]] = {
    "en": (
        Field(("age", "years"), "size", ("is {v} years old", "is aged {v}", "turned {v}")),
        Field(("city", "town", "home"), "name", ("lives in {v}", "comes from {v}", "moved to {v}")),
        Field(("job", "profession"), "job", ("works as a {v}", "is a {v}")),
        Field(("company", "employer"), "name", ("works for {v}", "is employed by {v}")),
        Field(("date", "day"), "date", ("arrives on {v}", "comes on {v}")),
        Field(("time", "hour"), "time", ("starts at {v}", "gets up at {v}")),
        Field(("room", "door"), "number", ("sits in room {v}", "waits in room {v}")),
        Field(("code", "badge"), "number", ("has the code {v}", "uses the code {v}")),
        Field(("pet", "dog"), "name", ("has a dog called {v}", "walks the dog {v}")),
        Field(("friend",), "person", ("is a friend of {v}", "travels with {v}")),
        Field(("colour", "color"), "colour", ("likes {v}", "prefers {v}")),
        Field(("port",), "port", ("listens on port {v}", "uses port {v}")),
        Field(("price", "cost"), "money", ("paid {v}", "owes {v}")),
        Field(("phone",), "phone", ("has the phone number {v}", "can be called on {v}")),
    ),
    "pt": (
        Field(("idade", "anos"), "size", ("tem {v} anos", "fez {v} anos")),
        Field(("cidade", "local"), "name", ("mora em {v}", "veio de {v}", "se mudou para {v}")),
        Field(("profissão", "trabalho"), "job", ("trabalha como {v}", "é {v}")),
        Field(("empresa",), "name", ("trabalha na {v}", "foi para a {v}")),
        Field(("data", "dia"), "date", ("chega em {v}", "vem em {v}")),
        Field(("hora", "horário"), "time", ("começa às {v}", "acorda às {v}")),
        Field(("sala", "porta"), "number", ("fica na sala {v}", "espera na sala {v}")),
        Field(("código", "crachá"), "number", ("tem o código {v}", "usa o código {v}")),
        Field(("pet", "cachorro"), "name", ("tem um cachorro chamado {v}", "passeia com o cachorro {v}")),
        Field(("amigo",), "person", ("tem amizade com {v}", "viaja com {v}")),
        Field(("cor",), "colour", ("gosta da cor {v}", "prefere a cor {v}")),
        Field(("porta_tcp", "rede"), "port", ("escuta na porta {v}", "usa a porta {v}")),
        Field(("preço", "custo"), "money", ("pagou {v}", "deve {v}")),
        Field(("telefone",), "phone", ("tem o telefone {v}", "atende no {v}")),
    ),
}
_SUBJECT_NAMES: dict[Lang, tuple[str, ...]] = {"en": ("name", "who", "person"), "pt": ("nome", "quem", "pessoa")}
_AND = {"en": " and ", "pt": " e "}
_CALL_WRAP = "<tool_call>{}</tool_call>"


@dataclass(frozen=True)
class Parameter:
    """A tool's argument: its name, its value kind, and how a request mentions it."""

    name: str
    kind: str
    mention: tuple[str, ...]


_PARAMETERS: dict[Lang, tuple[Parameter, ...]] = {
    "en": (
        Parameter("time", "time", ("at {v}", "for {v}")),
        Parameter("label", "name", ("with the label {v}", "labelled {v}", "called {v}")),
        Parameter("room", "name", ("in the room {v}", "in {v}")),
        Parameter("path", "path", ("in {v}", "under {v}")),
        Parameter("name", "name", ("named {v}", "with the name {v}")),
        Parameter("count", "size", ("{v} times", "with a count of {v}")),
        Parameter("code", "number", ("with code {v}", "using code {v}")),
        Parameter("date", "date", ("on {v}",)),
        Parameter("person", "person", ("for {v}", "with {v}")),
        Parameter("port", "port", ("on port {v}", "at port {v}")),
        Parameter("colour", "colour", ("in {v}", "in the colour {v}")),
        Parameter("query", "words", ("about {v}", "for the words {v}")),
    ),
    "pt": (
        Parameter("hora", "time", ("às {v}", "para as {v}")),
        Parameter("rótulo", "name", ("com o rótulo {v}", "chamado {v}")),
        Parameter("sala", "name", ("na sala {v}",)),
        Parameter("caminho", "path", ("em {v}", "no caminho {v}")),
        Parameter("nome", "name", ("com o nome {v}", "de nome {v}")),
        Parameter("vezes", "size", ("{v} vezes",)),
        Parameter("código", "number", ("com o código {v}", "usando o código {v}")),
        Parameter("data", "date", ("na data {v}", "no dia {v}")),
        Parameter("pessoa", "person", ("para {v}", "com {v}")),
        Parameter("porta", "port", ("na porta {v}",)),
        Parameter("cor", "colour", ("na cor {v}", "com a cor {v}")),
        Parameter("busca", "words", ("sobre {v}", "com as palavras {v}")),
    ),
}
_ACTIONS: dict[Lang, tuple[tuple[str, str], ...]] = {
    "en": tuple(
        (verb, noun)
        for verb in ("open", "close", "set", "start", "stop", "find", "send", "make", "check", "move", "book", "save")
        for noun in ("door", "alarm", "timer", "file", "note", "lamp", "job", "meeting", "backup", "window", "report")
    ),
    "pt": tuple(
        (verb, noun)
        for verb in ("abrir", "fechar", "criar", "iniciar", "parar", "achar", "enviar", "mover", "marcar", "salvar")
        for noun in ("porta", "alarme", "tarefa", "arquivo", "nota", "luz", "reunião", "cópia", "janela", "relatório")
    ),
}
_ARTICLE_PT = {"alarme": "o", "arquivo": "o", "relatório": "o"}
_ASKED: dict[Lang, tuple[str, ...]] = {
    "en": (
        "{a}",
        "please {a}",
        "{a}, please",
        "can you {a}?",
        "could you {a}?",
        "I want you to {a}",
        "I need you to {a}",
        "would you {a}?",
        "go and {a}",
        "now {a}",
        "I'd like you to {a}",
        "you should {a}",
    ),
    "pt": (
        "quero {a}",
        "por favor, quero {a}",
        "pode {a}?",
        "você pode {a}?",
        "poderia {a}?",
        "preciso {a}",
        "é para {a}",
        "consegue {a}?",
        "dá para {a}?",
        "eu gostaria de {a}",
        "agora é para {a}",
        "você deve {a}",
    ),
}
_TOOL_HEADS = ("tools: ", "Tools: ", "tools:\n", "Tools you can call: ")
_TOOL_HEADS_PT = ("ferramentas: ", "Ferramentas: ", "ferramentas:\n", "tools: ")


def compact(value: object) -> str:
    """The one JSON spelling the model learns: one line, accents kept."""
    return json.dumps(value, ensure_ascii=False)


def _draw(rng: random.Random, kind: str, lang: Lang, held: bool) -> str:
    """Held out where the kind is open; closed kinds stay as they are."""
    return fact_slots.value(rng, kind, lang, held and kind in fact_slots.OPEN_KINDS)


def _typed(kind: str, text: str) -> str | int:
    return int(text) if kind in _NUMBERS else text


class Json:
    """Extraction and tool calls."""

    skill = "json"

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        """Half extraction, half tool calls."""
        lang: Lang = "en" if rng.random() < 0.6 else "pt"
        draw = _extraction if rng.random() < 0.5 else _tool_call
        return Example(self.skill, lang, draw(rng, lang, split, difficulty))


def _extraction(rng: random.Random, lang: Lang, split: Split, difficulty: float) -> tuple[Message, ...]:
    held = split == "slots"
    told = rng.sample(_FIELDS[lang], 1 + int(rng.random() * (1 + 2.999 * difficulty)))
    subject_field, who = rng.choice(_SUBJECT_NAMES[lang]), _draw(rng, "person", lang, held)
    found: dict[str, str | int] = {subject_field: who}
    parts: list[str] = []
    for field in told:
        text = _draw(rng, field.kind, lang, held)
        found[_renamed(rng, field, difficulty)] = _typed(field.kind, text)
        parts.append(rng.choice(field.told).replace("{v}", text))
    names = list(found)
    rng.shuffle(names)
    wanted = names[: rng.randint(1, len(names))] if rng.random() < 0.5 * difficulty else names
    sentence = f"{who} {_listed(parts, lang)}."
    question = pick(rng, _REQUESTS[lang], split == "phrasing").replace("{t}", sentence)
    question = question.replace("{f}", _listed(wanted, lang) if rng.random() < 0.5 else ", ".join(wanted))
    return Message("user", question), Message("assistant", compact({name: found[name] for name in wanted}))


def _renamed(rng: random.Random, field: Field, difficulty: float) -> str:
    """A field name as asked: sometimes with a suffix, so that it must be copied."""
    base = rng.choice(field.names)
    return f"{base}_{rng.choice('abcdk123')}" if rng.random() < 0.15 * difficulty else base


def _listed(parts: list[str], lang: Lang) -> str:
    if len(parts) == 1:
        return parts[0]
    return ", ".join(parts[:-1]) + _AND[lang] + parts[-1]


@dataclass(frozen=True)
class Tool:
    """A tool as the system message lists it, and the words that ask for it."""

    name: str
    request: str
    parameters: tuple[Parameter, ...]

    @property
    def line(self) -> str:
        """``name(arg, arg)``."""
        return f"{self.name}({', '.join(parameter.name for parameter in self.parameters)})"


def _tool(rng: random.Random, lang: Lang, held: bool) -> Tool:
    parameters = tuple(rng.sample(_PARAMETERS[lang], rng.randint(1, 2)))
    if rng.random() < 0.35:
        word = fact_slots.value(rng, "word", lang, held)
        return Tool(word, ("run {w}" if lang == "en" else "rodar {w}").replace("{w}", word), parameters)
    verb, noun = rng.choice(_ACTIONS[lang])
    article = "the" if lang == "en" else _ARTICLE_PT.get(noun, "a")
    return Tool(f"{verb}_{noun}", f"{verb} {article} {noun}", parameters)


def _tool_call(rng: random.Random, lang: Lang, split: Split, difficulty: float) -> tuple[Message, ...]:
    held = split == "slots"
    tools: dict[str, Tool] = {}
    wanted = 1 + int(rng.random() * (0.999 + 4 * difficulty))
    while len(tools) < wanted:
        tool = _tool(rng, lang, held)
        tools.setdefault(tool.name, tool)
    chosen = rng.choice(tuple(tools.values()))
    values = [_draw(rng, parameter.kind, lang, held) for parameter in chosen.parameters]
    mentions = [
        rng.choice(each.mention).replace("{v}", text) for each, text in zip(chosen.parameters, values, strict=True)
    ]
    rng.shuffle(mentions)
    request = pick(rng, _ASKED[lang], split == "phrasing").replace("{a}", " ".join([chosen.request, *mentions]))
    arguments = {each.name: _typed(each.kind, text) for each, text in zip(chosen.parameters, values, strict=True)}
    head = rng.choice(_TOOL_HEADS if lang == "en" else _TOOL_HEADS_PT)
    lines = [tool.line for tool in tools.values()]
    listed = "\n".join("- " + line for line in lines) if head.endswith("\n") else ", ".join(lines)
    call = _CALL_WRAP.format(compact({"name": chosen.name, "arguments": arguments}))
    asked = request[0].upper() + request[1:] if rng.random() < 0.5 else request
    return Message("system", head + listed), Message("user", asked), Message("assistant", call)


GENERATORS: tuple[Generator, ...] = (Json(),)
