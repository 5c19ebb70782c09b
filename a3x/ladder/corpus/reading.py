"""Reading skills: answer from a passage, admit what is absent, take notes, take corrections, and copy.

Answers are the bare value, whatever the form of the question. Knows nothing of tokens, and nothing of tools or JSON.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from a3x.ladder.corpus import fact_slots, facts
from a3x.ladder.corpus.example import Example, Generator, Message, Split, pick
from a3x.ladder.corpus.fact_slots import Lang
from a3x.ladder.corpus.facts import Fact

NOT_IN_TEXT = {"en": "I don't know: it is not in the text.", "pt": "Não sei: não está no texto."}
NOT_YET = {
    "en": "I don't know that yet. Tell me and I will remember.",
    "pt": "Ainda não sei. Me conte e eu vou lembrar.",
}
NOTED = {"en": "Noted: {v}.", "pt": "Anotado: {v}."}
CORRECTED = {"en": "Thank you, I will remember: {v}.", "pt": "Obrigado, vou lembrar: {v}."}

_LAYOUTS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Passage: {p}\nQuestion: {q}",
        "Passage:\n{p}\n\nQuestion: {q}",
        "Read this: {p}\nQuestion: {q}",
        "Read this:\n{p}\n\n{q}",
        "Text: {p}\nQuestion: {q}",
        "{p}\n{q}",
        "{p}\n\n{q}",
        "{q}\n\n{p}",
        "Question: {q}\nText: {p}",
        "{q}\nAnswer from this text:\n{p}",
        "Here is what I know:\n{p}\nNow: {q}",
        "Answer from the text.\n{p}\n{q}",
        "Context: {p}\nQ: {q}",
        "Facts:\n{p}\n{q}",
    ),
    "pt": (
        "Texto: {p}\nPergunta: {q}",
        "Texto:\n{p}\n\nPergunta: {q}",
        "Leia isto: {p}\nPergunta: {q}",
        "Leia isto:\n{p}\n\n{q}",
        "Trecho: {p}\nPergunta: {q}",
        "{p}\n{q}",
        "{p}\n\n{q}",
        "{q}\n\n{p}",
        "Pergunta: {q}\nTexto: {p}",
        "{q}\nResponda com este texto:\n{p}",
        "Isto é o que eu sei:\n{p}\nAgora: {q}",
        "Responda pelo texto.\n{p}\n{q}",
        "Contexto: {p}\nP: {q}",
        "Fatos:\n{p}\n{q}",
    ),
}
_NOTE_HEADS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Notes:",
        "What I remember:",
        "Relevant memories:",
        "Memory:",
        "My notes about the user:",
        "Known facts:",
        "What the user told me:",
        "You are a helpful assistant.\nNotes:",
        "You are A3X, a local assistant.\nWhat I remember:",
    ),
    "pt": (
        "Notas:",
        "O que eu lembro:",
        "Memórias relevantes:",
        "Memória:",
        "Minhas notas sobre o usuário:",
        "Fatos conhecidos:",
        "O que o usuário me contou:",
        "Você é um assistente prestativo.\nNotas:",
        "Você é o A3X, um assistente local.\nO que eu lembro:",
    ),
}
_FILLERS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "It rained a little in the morning.",
        "Nobody was in a hurry.",
        "The rest can wait until next week.",
        "That was a long day.",
        "The window was open.",
        "We talked about it over lunch.",
        "There is nothing else to say about that.",
        "The meeting was short.",
        "Everyone agreed.",
        "The coffee was good.",
        "I wrote this down quickly.",
        "Some of it is new.",
        "The list is not complete.",
        "It took a while to find out.",
        "The lights were already on.",
        "Later we went home.",
    ),
    "pt": (
        "Choveu um pouco de manhã.",
        "Ninguém estava com pressa.",
        "O resto pode esperar até a semana que vem.",
        "Foi um dia longo.",
        "A janela estava aberta.",
        "Falamos disso no almoço.",
        "Não há mais nada a dizer sobre isso.",
        "A conversa foi curta.",
        "Todos concordaram.",
        "O café estava bom.",
        "Anotei isto depressa.",
        "Uma parte é novidade.",
        "A lista não está completa.",
        "Demorou para descobrir.",
        "As luzes já estavam acesas.",
        "Depois fomos para casa.",
    ),
}
_LINKS: dict[Lang, tuple[str, ...]] = {
    "en": ("Also, ", "By the way, ", "And ", "Besides, ", "As you know, ", "In addition, ", "Oh, and "),
    "pt": ("Além disso, ", "Aliás, ", "E ", "Também, ", "Como você sabe, ", "Ah, e ", "Por sinal, "),
}
_UPDATES: dict[Lang, tuple[tuple[str, str], ...]] = {
    "en": (
        ("earlier: ", "now: "),
        ("before: ", "now: "),
        ("old: ", "new: "),
        ("(old) ", "(new) "),
        ("last year: ", "today: "),
        ("at first, ", "later this changed: "),
        ("until yesterday, ", "since today, "),
        ("", "update: "),
        ("", "updated: "),
        ("", "correction: "),
        ("", "that changed: "),
        ("", "from now on, "),
    ),
    "pt": (
        ("antes: ", "agora: "),
        ("antigamente: ", "agora: "),
        ("antigo: ", "novo: "),
        ("(antigo) ", "(novo) "),
        ("ano passado: ", "hoje: "),
        ("no início, ", "depois mudou: "),
        ("até ontem, ", "desde hoje, "),
        ("", "atualização: "),
        ("", "atualizado: "),
        ("", "correção: "),
        ("", "isso mudou: "),
        ("", "de agora em diante, "),
    ),
}
_LEADS_THAT: dict[Lang, tuple[str, ...]] = {
    "en": (
        "remember that ",
        "please remember that ",
        "note that ",
        "please note that ",
        "keep in mind that ",
        "don't forget that ",
        "I want you to know that ",
        "you should know that ",
        "write down that ",
        "bear in mind that ",
        "I'd like you to remember that ",
    ),
    "pt": (
        "lembre que ",
        "lembra que ",
        "por favor, lembre que ",
        "saiba que ",
        "guarde que ",
        "não esqueça que ",
        "não se esqueça de que ",
        "quero que você saiba que ",
        "anota que ",
        "anote que ",
        "tenha em mente que ",
    ),
}
_LEADS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "remember: ",
        "just so you know, ",
        "note: ",
        "note this down: ",
        "for later: ",
        "don't forget: ",
        "for your information: ",
        "FYI: ",
        "by the way, ",
        "learn this: ",
        "save this: ",
        "store this: ",
        "make a note: ",
        "memorise this: ",
        "new fact: ",
    ),
    "pt": (
        "lembre: ",
        "só para você saber, ",
        "nota: ",
        "anota aí: ",
        "anote: ",
        "para depois: ",
        "não esqueça: ",
        "para sua informação: ",
        "aliás, ",
        "aprenda isto: ",
        "guarde isto: ",
        "guarda aí: ",
        "toma nota: ",
        "memorize isto: ",
        "novo fato: ",
    ),
}
_THANKS: dict[Lang, tuple[str, ...]] = {
    "en": ("thanks", "thank you", "Thanks!", "great, thanks", "Thank you very much.", "ok, thanks"),
    "pt": ("obrigado", "obrigada", "Obrigado!", "valeu", "muito obrigado", "ok, obrigado"),
}
_WELCOME = {"en": "You are welcome.", "pt": "De nada."}
_ANSWERED_NOW: dict[Lang, tuple[str, ...]] = {
    "en": (
        "{v}",
        "it's {v}",
        "it is {v}",
        "it is {v}, remember it",
        "the answer is {v}",
        "that is {v}",
        "then learn it: {v}",
        "ok, it is {v}",
        "I'll tell you: {v}",
        "here it is: {v}",
        "so you know: {v}",
        "remember: {v}",
        "please remember: {v}",
        "learn this: {v}",
        "it's {v}, please remember",
        "well, it is {v}",
        "{say}",
        "{say}, remember that",
        "remember that {say}",
        "ok: {say}",
        "I'm telling you now: {say}",
        "the right answer is {v}",
    ),
    "pt": (
        "{v}",
        "é {v}",
        "é {v}, lembre disso",
        "a resposta é {v}",
        "isso é {v}",
        "então aprenda: {v}",
        "tá, é {v}",
        "eu te digo: {v}",
        "aqui está: {v}",
        "para você saber: {v}",
        "lembre: {v}",
        "por favor, lembre: {v}",
        "aprenda isto: {v}",
        "é {v}, anota aí",
        "anota: {v}",
        "bom, é {v}",
        "{say}",
        "{say}, lembre disso",
        "lembre que {say}",
        "ok: {say}",
        "estou te contando agora: {say}",
        "a resposta certa é {v}",
    ),
}
CORRECTIONS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "no, it is {v}",
        "no, it's {v}",
        "No. It is {v}.",
        "no: {v}",
        "no! {v}",
        "no, {v}",
        "nope, it's {v}",
        "nope, {v}",
        "wrong, it's {v}",
        "wrong: {v}",
        "that's wrong, it is {v}",
        "that is wrong. It is {v}",
        "that is not right, it's {v}",
        "not correct, it is {v}",
        "incorrect: it is {v}",
        "actually, it is {v}",
        "actually it's {v}",
        "correction: {v}",
        "correction: it is {v}",
        "I must correct you: it is {v}",
        "let me correct that: {v}",
        "you are wrong, it's {v}",
        "you got it wrong: {v}",
        "it should be {v}",
        "it must be {v}",
        "it has changed, it is {v} now",
        "it is {v} now",
        "now it is {v}",
        "not any more: {v}",
        "not any more, now it's {v}",
        "the right answer is {v}",
        "the correct answer is {v}",
        "the answer should be {v}",
        "I meant {v}",
        "I said {v}",
        "sorry, it is {v}",
        "sorry, I meant {v}",
        "please change it to {v}",
        "change that to {v}",
        "make that {v}",
        "fix that: {v}",
        "update: {v}",
        "update it to {v}",
        "no, {say}",
        "wrong, {say}",
        "actually, {say}",
        "correction: {say}",
        "that's out of date: {say}",
    ),
    "pt": (
        "não, é {v}",
        "Não. É {v}.",
        "não: {v}",
        "não! {v}",
        "não, {v}",
        "não é isso, é {v}",
        "não é não, é {v}",
        "nada disso, é {v}",
        "errado, é {v}",
        "errado: {v}",
        "está errado, é {v}",
        "isso está errado: é {v}",
        "isso não está certo, é {v}",
        "incorreto: é {v}",
        "na verdade, é {v}",
        "na verdade é {v}",
        "correção: {v}",
        "correção: é {v}",
        "preciso te corrigir: é {v}",
        "deixa eu corrigir: {v}",
        "você errou, é {v}",
        "você se enganou: {v}",
        "deveria ser {v}",
        "tem que ser {v}",
        "mudou, agora é {v}",
        "isso mudou: {v}",
        "agora é {v}",
        "não é mais, agora é {v}",
        "já não é isso: {v}",
        "a resposta certa é {v}",
        "a resposta correta é {v}",
        "o certo é {v}",
        "o correto é {v}",
        "eu quis dizer {v}",
        "eu disse {v}",
        "desculpe, é {v}",
        "desculpa, eu quis dizer {v}",
        "por favor, mude para {v}",
        "muda isso para {v}",
        "troque por {v}",
        "corrija: {v}",
        "atualize: {v}",
        "atualização: {v}",
        "não, {say}",
        "errado, {say}",
        "na verdade, {say}",
        "correção: {say}",
        "isso está desatualizado: {say}",
    ),
}


@dataclass(frozen=True)
class Draw:
    """What every conversation starts from: its language and what of it is held out."""

    rng: random.Random
    lang: Lang
    held_value: bool
    held_form: bool
    difficulty: float

    def ask(self, fact: Fact) -> Message:
        """The user asks for a fact."""
        return _user(facts.ask(self.rng, fact, self.held_form))

    def chance(self, share: float) -> bool:
        """Whether an event of this probability happens."""
        return self.rng.random() < share

    def count(self, most: int) -> int:
        """One at difficulty 0, up to ``most`` at difficulty 1."""
        return 1 + int(self.rng.random() * ((most - 1) * self.difficulty + 0.999))


def start(rng: random.Random, split: Split, difficulty: float) -> Draw:
    """Choose the language, three English to two Portuguese."""
    return Draw(rng, "en" if rng.random() < 0.6 else "pt", split == "slots", split == "phrasing", difficulty)


def _user(text: str) -> Message:
    return Message("user", text)


def _says(text: str) -> Message:
    return Message("assistant", text)


def gather(draw: Draw, count: int, away_from: Fact | None = None) -> list[Fact]:
    """Distinct facts, many of them easily confused with one another or with ``away_from``, which is left out."""
    taken = {away_from.key} if away_from else set[tuple[str, str]]()
    found: list[Fact] = []
    while len(found) < count:
        near = found + ([away_from] * 2 if away_from else [])
        if near and draw.chance(0.55):
            fact = facts.sibling(draw.rng, draw.rng.choice(near), draw.held_value)
        else:
            fact = facts.draw(draw.rng, draw.lang, draw.held_value)
        if fact.key not in taken:
            taken.add(fact.key)
            found.append(fact)
    return found


def _items(draw: Draw, known: list[Fact], noted: bool, as_lines: bool) -> list[str]:
    """One text a fact, shuffled; sometimes one fact also stands there with an older value."""
    rng = draw.rng
    texts = [facts.line(rng, fact) if as_lines else facts.say(rng, fact, noted) for fact in known]
    if not as_lines and draw.chance(0.25 * draw.difficulty):
        old_label, new_label = rng.choice(_UPDATES[draw.lang])
        stale = facts.renewed(rng, known[0], draw.held_value)
        pair = [old_label + facts.say(rng, stale, noted), new_label + facts.say(rng, known[0], noted)]
        texts = texts[1:]
        rng.shuffle(texts)
        place = rng.randint(0, len(texts))
        later = rng.randint(place, len(texts))
        return texts[:place] + pair[:1] + texts[place:later] + pair[1:] + texts[later:]
    rng.shuffle(texts)
    return texts


def _passage(draw: Draw, known: list[Fact]) -> str:
    shape = draw.rng.random()
    if shape < 0.2:
        mark = draw.rng.choice(("", "- ", "* "))
        return "\n".join(mark + text for text in _items(draw, known, False, as_lines=True))
    texts = _items(draw, known, draw.chance(0.15), as_lines=False)
    if shape < 0.4:
        return "\n".join(("- " if shape < 0.35 else "* ") + facts.sentence(text) for text in texts)
    return _prose(draw, texts)


def _prose(draw: Draw, texts: list[str]) -> str:
    parts: list[str] = []
    for place, text in enumerate(texts):
        if draw.chance(0.3 * draw.difficulty):
            parts.append(draw.rng.choice(_FILLERS[draw.lang]))
        linked = place > 0 and draw.chance(0.2)
        parts.append(draw.rng.choice(_LINKS[draw.lang]) + text + "." if linked else facts.sentence(text))
    return " ".join(parts)


def _notes(draw: Draw, known: list[Fact]) -> Message:
    texts = _items(draw, known, draw.chance(0.5), as_lines=draw.chance(0.25))
    finish = facts.sentence if draw.chance(0.6) else str
    return Message("system", draw.rng.choice(_NOTE_HEADS[draw.lang]) + "".join(f"\n- {finish(text)}" for text in texts))


def _opening(draw: Draw, known: list[Fact], asked: Fact, as_notes: bool) -> list[Message]:
    """The facts and the first question: notes in the system message, or a passage in the user's."""
    question = draw.ask(asked)
    if as_notes:
        return [_notes(draw, known), question]
    layout, passage = draw.rng.choice(_LAYOUTS[draw.lang]), _passage(draw, known)
    if "\n" in passage:
        layout = layout.replace(": {p}", ":\n{p}")
    return [_user(layout.replace("{q}", question.content).replace("{p}", passage))]


class Reading:
    """Facts in a passage or in notes; the answer is the bare value."""

    skill = "reading"

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        """Up to eight facts, up to three questions."""
        draw = start(rng, split, difficulty)
        known = gather(draw, draw.count(8))
        messages = [*_opening(draw, known, known[0], as_notes=draw.chance(0.45)), _says(known[0].value)]
        while len(messages) < 6 and draw.chance(0.1 + 0.15 * difficulty):
            asked = rng.choice(known)
            messages += [draw.ask(asked), _says(asked.value)]
        return Example(self.skill, draw.lang, tuple(messages))


class Absent:
    """Questions about a fact that was never given."""

    skill = "absent"

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        """With a passage, notes, a remark just noted, or nothing at all."""
        draw = start(rng, split, difficulty)
        missing = facts.draw(rng, draw.lang, draw.held_value)
        way = rng.random()
        if way < 0.2:
            messages = [draw.ask(missing), _says(NOT_YET[draw.lang])]
        elif way < 0.3:
            told = gather(draw, 1, away_from=missing)[0]
            messages = [*_tell(draw, told), draw.ask(missing), _says(NOT_YET[draw.lang])]
        else:
            messages = self._beside(draw, missing, as_notes=way < 0.62)
        return Example(self.skill, draw.lang, tuple(messages))

    def _beside(self, draw: Draw, missing: Fact, as_notes: bool) -> list[Message]:
        known = gather(draw, draw.count(8), away_from=missing)
        unknown = _says((NOT_YET if as_notes else NOT_IN_TEXT)[draw.lang])
        if draw.chance(0.25):
            opening = _opening(draw, known, known[0], as_notes)
            return [*opening, _says(known[0].value), draw.ask(missing), unknown]
        return [*_opening(draw, known, missing, as_notes), unknown]


def _tell(draw: Draw, fact: Fact) -> list[Message]:
    """The user states a fact and the assistant confirms it."""
    rng, shape = draw.rng, draw.rng.random()
    if shape < 0.35:
        text = pick(rng, _LEADS_THAT[draw.lang], draw.held_form) + facts.say(rng, fact, plain=True)
    elif shape < 0.7:
        text = pick(rng, _LEADS[draw.lang], draw.held_form) + facts.say(rng, fact)
    elif shape < 0.8:
        text = pick(rng, _LEADS[draw.lang], draw.held_form) + facts.line(rng, fact)
    else:
        text = facts.say(rng, fact)
    text = facts.sentence(text) if draw.chance(0.4) else text
    return [_user(text), _says(NOTED[draw.lang].replace("{v}", fact.value))]


def _thanks(draw: Draw) -> list[Message]:
    return [_user(draw.rng.choice(_THANKS[draw.lang])), _says(_WELCOME[draw.lang])]


class Memo:
    """The user tells facts; later turns ask for them."""

    skill = "memo"

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        """Up to three facts told, sometimes told anew, then one or two questions."""
        draw = start(rng, split, difficulty)
        told = gather(draw, draw.count(3))
        messages = [message for fact in told for message in _tell(draw, fact)]
        if draw.chance(0.15 * difficulty):
            told[0] = facts.renewed(rng, told[0], draw.held_value)
            messages += _tell(draw, told[0])
        if draw.chance(0.2):
            messages += _thanks(draw)
        for fact in rng.sample(told, rng.randint(1, min(2, len(told)))):
            messages += [draw.ask(fact), _says(fact.value)]
        return Example(self.skill, draw.lang, tuple(messages))


class Correction:
    """The user supplies or changes an answer; the next question gets the new one.

    Whatever the assistant says before the correction was right by what it had been told, so it may be trained on.
    """

    skill = "correction"

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        """Start from an answer not known yet, from an outdated note, or from an outdated remark."""
        draw = start(rng, split, difficulty)
        fact = facts.draw(rng, draw.lang, draw.held_value)
        messages, unknown = self._before(draw, fact)
        messages += [_user(_correction(draw, fact, unknown)), _says(CORRECTED[draw.lang].replace("{v}", fact.value))]
        if draw.chance(0.15 * difficulty):
            messages += _thanks(draw)
        if draw.chance(0.8):
            messages += [draw.ask(fact), _says(fact.value)]
        return Example(self.skill, draw.lang, tuple(messages))

    def _before(self, draw: Draw, fact: Fact) -> tuple[list[Message], bool]:
        way = draw.rng.random()
        if way < 0.45:
            return [draw.ask(fact), _says(NOT_YET[draw.lang])], True
        stale = facts.renewed(draw.rng, fact, draw.held_value)
        if way < 0.8:
            others = gather(draw, draw.count(4) - 1, away_from=fact)
            return [*_opening(draw, [stale, *others], stale, as_notes=True), _says(stale.value)], False
        return [*_tell(draw, stale), draw.ask(stale), _says(stale.value)], False


def _correction(draw: Draw, fact: Fact, unknown: bool) -> str:
    supplying = unknown and draw.chance(0.7)
    form = pick(draw.rng, (_ANSWERED_NOW if supplying else CORRECTIONS)[draw.lang], draw.held_form)
    shown = facts.quoted(draw.rng, fact) if draw.chance(0.5) else fact.value
    text = form.replace("{v}", shown)
    if "{say}" in text:
        text = text.replace("{say}", facts.say(draw.rng, fact, plain=True))
    may_rise = not form.startswith("{v}")  # a capital letter would change the value
    return facts.capital(text) if may_rise and draw.chance(0.4) else text


_REPEAT: dict[Lang, tuple[str, ...]] = {
    "en": tuple(
        [
            "repeat: ",
            "repeat ",
            "say: ",
            "say ",
            "copy: ",
            "copy this: ",
            "echo ",
            "echo: ",
            "write: ",
            "type: ",
            "repeat after me: ",
        ]
    ),
    "pt": tuple(
        [
            "repita: ",
            "repita ",
            "diga: ",
            "diga ",
            "copie: ",
            "copie isto: ",
            "ecoe ",
            "escreva: ",
            "digite: ",
            "repita comigo: ",
        ]
    ),
}
_PLACED: dict[Lang, tuple[tuple[str, int], ...]] = {
    "en": (
        ("first word of: {x}", 0),
        ("what is the first word of {x}?", 0),
        ("the first of these: {x}", 0),
        ("{x}: which word comes first?", 0),
        ("last word of: {x}", -1),
        ("what is the last word of {x}?", -1),
        ("the last of these: {x}", -1),
        ("{x}: which word comes last?", -1),
        ("second word of: {x}", 1),
        ("what is the second word of {x}?", 1),
    ),
    "pt": (
        ("primeira palavra de: {x}", 0),
        ("qual é a primeira palavra de {x}?", 0),
        ("a primeira destas: {x}", 0),
        ("{x}: que palavra vem primeiro?", 0),
        ("última palavra de: {x}", -1),
        ("qual é a última palavra de {x}?", -1),
        ("a última destas: {x}", -1),
        ("{x}: que palavra vem por último?", -1),
        ("segunda palavra de: {x}", 1),
        ("qual é a segunda palavra de {x}?", 1),
    ),
}
_BESIDE: dict[Lang, tuple[tuple[str, int], ...]] = {
    "en": (
        ("the word after {k} in {x}", 1),
        ("in {x}, what comes after {k}?", 1),
        ("{x}: what follows {k}?", 1),
        ("{x}; {k} and then?", 1),
        ("the word before {k} in {x}", -1),
        ("in {x}, what comes before {k}?", -1),
        ("{x}: what stands before {k}?", -1),
    ),
    "pt": (
        ("a palavra depois de {k} em {x}", 1),
        ("em {x}, o que vem depois de {k}?", 1),
        ("{x}: o que segue {k}?", 1),
        ("{x}; {k} e depois?", 1),
        ("a palavra antes de {k} em {x}", -1),
        ("em {x}, o que vem antes de {k}?", -1),
        ("{x}: o que está antes de {k}?", -1),
    ),
}
_LOOKUP: dict[Lang, tuple[str, ...]] = {
    "en": (
        "{x}; {k}?",
        "{x}. {k}?",
        "{x}\n{k}?",
        "{x}\nwhat is {k}?",
        "{x}; {k} =",
        "given {x}, what is {k}?",
        "{x}\nvalue of {k}",
    ),
    "pt": (
        "{x}; {k}?",
        "{x}. {k}?",
        "{x}\n{k}?",
        "{x}\nquanto é {k}?",
        "{x}; {k} =",
        "dado {x}, qual é {k}?",
        "{x}\nvalor de {k}",
    ),
}
_SPELL: dict[Lang, tuple[str, ...]] = {
    "en": ("spell {x}", "spell: {x}", "spell the word {x}", "how do you spell {x}?", "letters of {x}"),
    "pt": ("soletre {x}", "soletre: {x}", "soletre a palavra {x}", "como se soletra {x}?", "letras de {x}"),
}


class Copy:
    """Short copying drills, so that looking back into the context is learned first."""

    skill = "copy"

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        """Repeat, find a word by its place or neighbour, look a key up, or spell."""
        draw = start(rng, split, difficulty)
        way = rng.random()
        if way < 0.35:
            question, answer = self._repeat(draw)
        elif way < 0.52:
            question, answer = self._placed(draw)
        elif way < 0.7:
            question, answer = self._beside(draw)
        elif way < 0.95:
            question, answer = self._lookup(draw)
        else:
            answer = _piece(draw)
            question = pick(rng, _SPELL[draw.lang], draw.held_form).replace("{x}", answer)
            answer = "-".join(answer)
        return Example(self.skill, draw.lang, (_user(question), _says(answer)))

    def _repeat(self, draw: Draw) -> tuple[str, str]:
        text = " ".join(_pieces(draw, draw.rng.randint(1, 2 + round(4 * draw.difficulty))))
        lead = pick(draw.rng, _REPEAT[draw.lang], draw.held_form)
        return (facts.capital(lead) if draw.chance(0.3) else lead) + text, text

    def _placed(self, draw: Draw) -> tuple[str, str]:
        words = _pieces(draw, draw.rng.randint(2, 3 + round(4 * draw.difficulty)))
        form, place = pick(draw.rng, _PLACED[draw.lang], draw.held_form)
        return form.replace("{x}", " ".join(words)), words[place]

    def _beside(self, draw: Draw) -> tuple[str, str]:
        words = _pieces(draw, draw.rng.randint(2, 3 + round(4 * draw.difficulty)))
        form, step = pick(draw.rng, _BESIDE[draw.lang], draw.held_form)
        place = draw.rng.randrange(len(words) - 1) + (step < 0)
        return form.replace("{x}", " ".join(words)).replace("{k}", words[place]), words[place + step]

    def _lookup(self, draw: Draw) -> tuple[str, str]:
        rng = draw.rng
        keys = _pieces(draw, rng.randint(1, 2 + round(6 * draw.difficulty)), keys=True)
        values = [_piece(draw) for _ in keys]
        mark, comma = rng.choice(
            ((" = ", ", "), (": ", ", "), ("=", " "), (" -> ", "; "), (" is ", ", "), (": ", "\n"))
        )
        if draw.lang == "pt" and mark == " is ":
            mark = " é "
        asked = rng.randrange(len(keys))
        table = comma.join(key + mark + value for key, value in zip(keys, values, strict=True))
        question = pick(rng, _LOOKUP[draw.lang], draw.held_form).replace("{x}", table).replace("{k}", keys[asked])
        return question, values[asked]


def _piece(draw: Draw) -> str:
    kind = draw.rng.choice(("name", "word", "word", "code"))
    return fact_slots.value(draw.rng, kind, draw.lang, draw.held_value)


def _pieces(draw: Draw, count: int, keys: bool = False) -> list[str]:
    """Distinct random words and numbers; keys are words only."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[fact_slots.value(draw.rng, "word", draw.lang, draw.held_value) if keys else _piece(draw)] = None
    return list(found)


GENERATORS: tuple[Generator, ...] = (Copy(), Reading(), Absent(), Memo(), Correction())
