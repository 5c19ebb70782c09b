"""Draws facts, states them and asks for them, in hundreds of forms, for the reading skills and for lessons.

A question form is a template: a frame ("remind me of {np}") filled with one of the relation's noun phrases, or one of
the relation's own questions. One form in eight is held out of training. Knows nothing of conversations or of answers
other than the bare value.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from a3x.ladder.corpus import facts_en, facts_pt
from a3x.ladder.corpus.example import held_out
from a3x.ladder.corpus.fact_slots import OPEN_KINDS, Lang, Subject, subject, value
from a3x.ladder.corpus.relation import Relation

_TABLES = {"en": facts_en, "pt": facts_pt}
_THIRD = ("{s}", "{p}", "{d}", "{em}")
_ARTICLES = ("o ", "a ", "os ", "as ", "meu ", "minha ")
_CLITICS = {"de": "d", "em": "n"}
_QUOTES = ("'{}'", "'{}'", '"{}"', "`{}`", "“{}”")
_NICK_QUOTES = (*_QUOTES, "{}")


@dataclass(frozen=True)
class Fact:
    """One relation of one subject, with its value."""

    lang: Lang
    relation: Relation
    subject: Subject
    value: str

    @property
    def key(self) -> tuple[str, str]:
        """What makes two facts speak of the same thing."""
        return self.relation.name, self.subject.text


@dataclass(frozen=True)
class Forms:
    """The templates of one relation: questions made of frames, its own questions, and statements."""

    seen: tuple[str, ...]
    held: tuple[str, ...]
    own_seen: tuple[str, ...]
    own_held: tuple[str, ...]
    says: tuple[str, ...]
    plain: tuple[str, ...]
    """The statements that are plain clauses, fit to follow "remember that"."""
    bare: tuple[str, ...]
    """Noun phrases without an article, for "key: value" lines."""


def relations(lang: Lang, open_only: bool = False) -> tuple[Relation, ...]:
    """Every fact kind of a language, or those whose values have held-out members."""
    return _open_relations(lang) if open_only else _TABLES[lang].RELATIONS


@cache
def _open_relations(lang: Lang) -> tuple[Relation, ...]:
    return tuple(relation for relation in _TABLES[lang].RELATIONS if relation.value in OPEN_KINDS)


def draw(rng: random.Random, lang: Lang, held: bool = False) -> Fact:
    """Draw a fact; commands the user has nicknamed come up more often than other kinds."""
    table = relations(lang, open_only=held)
    relation = table[0] if rng.random() < 0.1 else rng.choice(table)
    return draw_of(rng, lang, relation, held)


def draw_of(rng: random.Random, lang: Lang, relation: Relation, held: bool) -> Fact:
    """Draw a fact of one relation; with ``held`` its subject and its value are unseen in training."""
    about = subject(rng, rng.choice(relation.subjects), lang, held)
    return Fact(lang, relation, about, value(rng, relation.value, lang, held))


def sibling(rng: random.Random, fact: Fact, held: bool) -> Fact:
    """A confusing neighbour: the same relation of another subject, or another relation of the same subject."""
    if fact.subject.quoted or rng.random() < 0.5:
        return draw_of(rng, fact.lang, fact.relation, held)
    table = relations(fact.lang, open_only=held)
    relation = rng.choice(table)
    while fact.subject.kind not in relation.subjects or relation.stems:
        relation = rng.choice(table)
    return Fact(fact.lang, relation, fact.subject, value(rng, relation.value, fact.lang, held))


def renewed(rng: random.Random, fact: Fact, held: bool) -> Fact:
    """The same fact with another value."""
    while True:
        fresh = value(rng, fact.relation.value, fact.lang, held)
        if fresh != fact.value:
            return Fact(fact.lang, fact.relation, fact.subject, fresh)


def forms(fact: Fact) -> Forms:
    """The question and statement templates that fit a fact."""
    return _forms(fact.lang, fact.relation.name, fact.subject.mine)


@cache
def _by_name(lang: Lang) -> dict[str, Relation]:
    return {relation.name: relation for relation in _TABLES[lang].RELATIONS}


@cache
def _forms(lang: Lang, name: str, mine: bool) -> Forms:
    table, relation = _TABLES[lang], _by_name(lang)[name]
    noun_frames, common = (table.NOUN_FRAMES_ME, table.SAYS_ME) if mine else (table.NOUN_FRAMES, table.SAYS)
    phrases = _noun_phrases(lang, relation, mine)
    seen, held = [], []
    for frame in table.FRAMES:
        (held if held_out(frame) else seen).extend(_fill(frame, phrase, lang) for phrase in phrases)
    if not relation.stems:
        for frame in noun_frames:
            (held if held_out(frame) else seen).extend(_noun(frame, noun, lang) for noun in relation.nouns)
    own = _about(relation.asks, mine)
    own_seen = tuple(question for question in own if not held_out(question))
    trained = {*seen, *own_seen}
    plain: list[str] = []
    for say in common[:3] if relation.stems else common:
        plain.extend(_noun(_fill(say, phrase, lang), noun, lang) for phrase, noun in _pairs(phrases, relation.nouns))
    bare = tuple(dict.fromkeys(_bare(phrase, lang) for phrase in phrases))
    return Forms(
        seen=tuple(dict.fromkeys(seen)),
        held=tuple(dict.fromkeys(question for question in held if question not in trained)),
        own_seen=own_seen,
        own_held=tuple(question for question in own if held_out(question) and question not in trained),
        says=_about(relation.says, mine) * 2 + tuple(plain),
        plain=tuple(plain),
        bare=bare,
    )


def _pairs(phrases: tuple[str, ...], nouns: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((phrase, nouns[place % len(nouns)]) for place, phrase in enumerate(phrases))


def _about(templates: tuple[str, ...], mine: bool) -> tuple[str, ...]:
    return tuple(text for text in templates if mine != any(mark in text for mark in _THIRD))


def _noun_phrases(lang: Lang, relation: Relation, mine: bool) -> tuple[str, ...]:
    if relation.stems:
        return relation.stems
    if lang == "en":
        shapes = ("my {n}",) if mine else ("{p} {n}", "the {n} of {s}")
        return tuple(shape.replace("{n}", noun) for noun in relation.nouns for shape in shapes)
    if not mine:
        return tuple(f"{noun} {{d}}" for noun in relation.nouns)
    own = tuple(("o meu " if noun[0] == "o" else "a minha ") + noun[2:] for noun in relation.nouns)
    return own + tuple(phrase[2:] for phrase in own)


def _bare(phrase: str, lang: Lang) -> str:
    for article in ("the ",) if lang == "en" else ("o ", "a "):
        phrase = phrase.removeprefix(article)
    return phrase


def _fill(frame: str, phrase: str, lang: Lang) -> str:
    filled = frame.replace("{np}", phrase).replace("{bare}", _bare(phrase, lang))
    return filled.replace("{dnp}", joined("de", phrase)) if lang == "pt" else filled


def _noun(frame: str, noun: str, lang: Lang) -> str:
    return frame.replace("{an}", noun).replace("{n}", noun if lang == "en" else noun[2:])


def joined(preposition: str, text: str) -> str:
    """Portuguese *de* or *em* before a noun phrase, contracted with its article."""
    if text.startswith(_ARTICLES[:4]):
        return _CLITICS[preposition] + text
    if text.startswith(_ARTICLES[4:]):
        return _CLITICS[preposition] + ("o " if text.startswith("meu") else "a ") + text
    return f"{preposition} {text}"


def _noted(text: str, lang: Lang) -> str:
    if lang == "en":
        return "the user's " + text[3:] if text.startswith("my ") else text
    if text.startswith("meu "):
        return f"o {text[4:]} do usuário"
    return f"a {text[6:]} do usuário" if text.startswith("minha ") else text


def render(rng: random.Random, template: str, fact: Fact, shown: str = "", noted: bool = False) -> str:
    """Fill a template; ``noted`` speaks of the user in the third person."""
    text = fact.subject.text
    if fact.subject.quoted:
        text = rng.choice(_NICK_QUOTES).format(text)
    elif noted:
        text = _noted(text, fact.lang)
    if fact.lang == "en":
        filled = template.replace("{p}", text + "'s").replace("{s}", text)
    else:
        filled = template.replace("{d}", joined("de", text)).replace("{em}", joined("em", text)).replace("{s}", text)
    return filled.replace("{v}", shown or fact.value)


def say(rng: random.Random, fact: Fact, noted: bool = False, plain: bool = False) -> str:
    """A statement of the fact, without capital and full stop. Commands come quoted so that their end is plain."""
    shown = quoted(rng, fact)
    if noted and fact.subject.mine:
        noun = rng.choice(fact.relation.nouns)
        if fact.lang == "en":
            return f"the user's {noun} is {shown}"
        return f"{noun} do usuário é {shown}"
    templates = forms(fact).plain if plain else forms(fact).says
    template = rng.choice(templates)
    while template.startswith("{v}") and shown[0].islower():
        template = rng.choice(templates)  # a capital letter would change the value
    return render(rng, template, fact, shown, noted)


def quoted(rng: random.Random, fact: Fact) -> str:
    """The value as it stands in a sentence: commands in quotation marks, all else bare."""
    return rng.choice(_QUOTES).format(fact.value) if fact.relation.value == "command" else fact.value


def line(rng: random.Random, fact: Fact) -> str:
    """The fact as "key: value"."""
    mark = rng.choice((": ", ": ", ": ", " = ", " - "))
    if fact.subject.quoted and rng.random() < 0.6:
        return render(rng, "{s}", fact) + mark + fact.value
    return render(rng, rng.choice(forms(fact).bare), fact) + mark + fact.value


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return capital(text) + "."


def capital(text: str) -> str:
    """With a capital letter."""
    return text[0].upper() + text[1:]


def ask(rng: random.Random, fact: Fact, held: bool = False) -> str:
    """A question for the fact, in a form seen in training or in a held-out one, with the carelessness of a chat."""
    return asked_as(rng, form(rng, fact, held), fact)


def form(rng: random.Random, fact: Fact, held: bool) -> str:
    """One question template; a relation's own questions are few, so they weigh more than frames."""
    known = forms(fact)
    own = known.own_held if held else known.own_seen
    if own and rng.random() < 0.35:
        return rng.choice(own)
    return rng.choice(known.held if held else known.seen)


def asked_as(rng: random.Random, form: str, fact: Fact) -> str:
    """One question form, filled; sometimes capitalised, sometimes without its question mark."""
    text = render(rng, form, fact)
    if rng.random() < 0.5:
        text = capital(text)
    return text.removesuffix("?") if rng.random() < 0.2 else text
