"""Subject cards: one canonical answer a subject and language, many ways of asking, and the noise of real typing.

Knows how a pattern becomes a typed question and how turns become a conversation. Knows nothing of what the subjects
are (identity.py, dialogue.py) nor of tokens.

A card lists its ways of asking one a line, without final full stops and in lower case. ``{a|b|}`` chooses one of the
words, ``<name>`` is a slot from SLOTS, and a line such as ``@do start you`` stands for that phrase in every frame of
that kind. A whole line in a frame is what is held out, so that no near copy of a held-out phrasing is trained on.
"""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from a3x.ladder.corpus.accents import unaccented
from a3x.ladder.corpus.example import Example, Message, Split, pick, trained

Lang = Literal["en", "pt"]

ENGLISH_SHARE = 0.6
SYSTEM_SHARE = 0.15

PLAIN, PLAIN_SHARE = 2, 0.5
"""How many first patterns of a card count as plain, and how often training asks one of them."""


@dataclass(frozen=True)
class Card:
    """A subject. ``why`` and ``how`` are keys of the cards that answer such a follow-up question."""

    key: str
    en: str
    ask_en: str
    pt: str
    ask_pt: str
    why: str = ""
    how: str = ""


@dataclass(frozen=True)
class Turn:
    """One question as typed, its answer, and the values its slots took."""

    ask: str
    answer: str
    slots: tuple[tuple[str, str], ...] = ()


FRAMES: dict[Lang, dict[str, tuple[str, ...]]] = {
    "en": {
        "do": (
            "how do I #?",
            "how can I #?",
            "how to #",
            "how would I #?",
            "{what is the command to|what's the command to|which command lets me} #?",
            "what do I {type|run|enter} to #?",
            "I want to #",
            "I {need|have} to #",
            "I would like to #",
            "show me how to #",
            "{can you tell me|tell me|do you know} how to #",
            "is there a {way|command} to #?",
            "{explain|describe} how to #",
            "what should I run to #?",
            "help me #",
            "{the |}command to #",
            "what is the {right|best|easiest} way to #?",
        ),
        "what": (
            "what is #?",
            "what's #?",
            "what does # mean?",
            "tell me {more |something |}about #",
            "explain # {to me|for me|}",
            "{explain|say|tell me} what # is",
            "what exactly is #?",
            "what do you mean by #?",
            "{can|could} you explain #?",
            "I {do not|don't} {know|understand} what # is",
            "{define|describe} #",
            "{do you know|can you tell me} what # is?",
            "what is the meaning of #?",
            "what is # {for|good for|about}?",
        ),
        "can": (
            "can you #?",
            "are you able to #?",
            "could you #?",
            "do you know how to #?",
            "is it possible for you to #?",
            "I wonder if you can #",
            "are you clever enough to #?",
            "would you be able to #?",
            "tell me if you can #",
        ),
    },
    "pt": {
        "do": (
            "como {eu |}faço {para|pra} #?",
            "como {eu |}posso #?",
            "como #?",
            "qual {é o|o} comando {para|pra} #?",
            "{que|qual} comando {eu |}uso {para|pra} #?",
            "o que {eu |}digito {para|pra} #?",
            "{eu |}quero #",
            "{eu |}preciso #",
            "{eu |}gostaria de #",
            "me {ensine|ensina} a #",
            "me {mostre|mostra} como #",
            "{existe|tem} {um|algum} comando {para|pra} #?",
            "o que devo {rodar|executar} {para|pra} #?",
            "me {ajude|ajuda} a #",
            "{me diga|me diz|você sabe} como #",
            "comando {para|pra} #",
            "explique como #",
            "tem como #?",
        ),
        "what": (
            "o que é #?",
            "o que significa #?",
            "{me fale|fale|me conte} sobre #",
            "{explique|explica} # {para mim|}",
            "{me explique|me diga|me explica} o que é #",
            "o que exatamente é #?",
            "{você |}pode {me |}explicar #?",
            "não {entendi|entendo|sei} o que é #",
            "{defina|descreva} #",
            "{pode|poderia} me dizer o que é #?",
            "o que quer dizer #?",
            "para que serve #?",
            "você sabe o que é #?",
        ),
        "can": (
            "você consegue #?",
            "você pode #?",
            "você sabe #?",
            "consegue #?",
            "você é capaz de #?",
            "será que você consegue #?",
            "você poderia #?",
            "é possível você #?",
            "me diga se você consegue #",
        ),
    },
}
"""``#`` stands for the phrase: a verb phrase for "do" and "can", a singular noun phrase for "what"."""

NAMES = (
    "Ana", "Bruno", "Carla", "Daniel", "Elena", "Felipe", "Gabriela", "Henrique", "Isabel", "Jonas", "Karen", "Lucas",
    "Marina", "Nina", "Otto", "Paula", "Rafael", "Sofia", "Tiago", "Vera", "Alice", "Ben", "Clara", "David", "Emma",
    "Frank", "Grace", "Hugo", "Ivan", "Julia", "Kevin", "Laura", "Martin", "Nora", "Oscar", "Peter", "Rita", "Sam",
    "Tom", "Victor",
)  # fmt: skip

SLOTS: dict[Lang, dict[str, tuple[str, ...]]] = {
    "en": {
        "n": tuple(str(number) for number in range(1, 41)),
        "name": NAMES,
        "country": (
            "France", "Japan", "Egypt", "Canada", "Peru", "Kenya", "Norway", "India", "Chile", "Poland", "Greece",
            "Cuba", "Spain", "Turkey", "Mexico", "Angola", "Brazil", "Italy", "Ghana", "Vietnam", "Portugal", "Austria",
        ),
        "city": (
            "London", "Paris", "Lisbon", "Tokyo", "Recife", "Berlin", "Madrid", "Boston", "Cairo", "Lima", "Rome",
            "Dublin", "Oslo", "Toronto", "Salvador", "Porto", "Delhi", "Vienna", "Chicago", "Sydney",
        ),
        "language": (
            "Spanish", "French", "German", "Italian", "Chinese", "Japanese", "Russian", "Arabic", "Dutch", "Korean",
            "Polish", "Greek", "Swedish", "Turkish", "Hindi", "Hebrew",
        ),
        "colour": ("colour", "color", "food", "song", "film", "movie", "book", "animal", "number", "city", "band"),
    },
    "pt": {
        "n": tuple(str(number) for number in range(1, 41)),
        "name": NAMES,
        "country": (
            "da França", "do Japão", "do Egito", "do Canadá", "do Peru", "do Quênia", "da Noruega", "da Índia",
            "do Chile", "da Polônia", "da Grécia", "de Cuba", "da Espanha", "da Turquia", "do México", "de Angola",
            "do Brasil", "da Itália", "de Gana", "do Vietnã", "de Portugal", "da Áustria",
        ),
        "city": (
            "Londres", "Paris", "Lisboa", "Tóquio", "Recife", "Berlim", "Madri", "Boston", "Manaus", "Lima", "Roma",
            "Dublin", "Oslo", "Toronto", "Salvador", "Porto Alegre", "Curitiba", "Viena", "Natal", "São Paulo",
        ),
        "language": (
            "espanhol", "francês", "alemão", "italiano", "chinês", "japonês", "russo", "árabe", "holandês", "coreano",
            "polonês", "grego", "sueco", "turco", "hindi", "hebraico",
        ),
        "colour": ("a sua cor favorita", "a sua comida favorita", "a sua música favorita", "o seu filme favorito",
                   "o seu livro favorito", "o seu animal favorito", "o seu número favorito", "a sua cidade favorita",
                   "a sua banda favorita"),
    },
}  # fmt: skip
"""Large closed lists, whose held-out eighth makes the ``slots`` split. Portuguese values carry their article."""

THEMES = ("python", "cli", "summary", "reasoning", "general")
"""Every theme is trained on: a theme never seen would be a command the product cannot name."""

SYSTEMS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "You are A³X, a local agent.",
        "You are A³X.",
        "You are a helpful assistant.",
        "You are A³X, a small agent that runs on the user's computer.",
        "Answer briefly.",
        "Be short and honest.",
        "Answer in one or two sentences.",
        "You are a local assistant. Answer in the language of the user.",
    ),
    "pt": (
        "Você é o A³X.",
        "Você é o A³X, um agente local.",
        "Você é um assistente útil.",
        "Responda de forma breve.",
        "Seja curto e honesto.",
        "Responda em uma ou duas frases.",
        "Você é um assistente local. Responda no idioma do usuário.",
    ),
}

OPENERS: dict[Lang, tuple[str, ...]] = {
    "en": ("hey, ", "hi, ", "hello! ", "quick question: ", "one question: ", "so, ", "sorry, ", "I have a question: "),
    "pt": ("oi, ", "olá, ", "ei, ", "uma pergunta: ", "uma dúvida: ", "então, ", "desculpa, ", "me diz uma coisa: "),
}
CLOSERS: dict[Lang, tuple[str, ...]] = {"en": (", please", " please"), "pt": (", por favor", " por favor")}
CHAT_SPELLING: dict[Lang, tuple[tuple[str, str], ...]] = {
    "en": (("you", "u"), ("please", "pls"), ("do not", "dont")),
    "pt": (("você", "vc"), ("não", "n"), ("que", "q"), ("para", "pra")),
}


@cache
def patterns(card: Card, lang: Lang) -> tuple[str, ...]:
    """The card's ways of asking, frames applied, alternatives and slots still open."""
    lines = (line.strip() for line in (card.ask_en if lang == "en" else card.ask_pt).strip().splitlines())
    found: dict[str, None] = {}
    for line in lines:
        if line.startswith("@"):
            kind, phrase = line[1:].split(" ", 1)
            found.update((frame.replace("#", phrase), None) for frame in FRAMES[lang][kind])
        else:
            found[line] = None
    return tuple(found)


def expansions(pattern: str) -> tuple[str, ...]:
    """Every text a pattern can become, slots left open."""
    parts = re.split(r"\{([^}]*)\}", pattern)
    choices = [part.split("|") if index % 2 else [part] for index, part in enumerate(parts)]
    return tuple(_tidy("".join(words)) for words in itertools.product(*choices))


def normal(text: str) -> str:
    """The text without case, accents and punctuation: what two typings of one question share."""
    bare = re.sub(r"[^a-z0-9<>@ ]", "", unaccented(text.lower().replace("³", "3").replace("-", " ")))
    return " ".join(bare.split()) or text.strip()


def answer(card: Card, lang: Lang, slots: tuple[tuple[str, str], ...] = ()) -> str:
    """The card's one answer in a language."""
    return _fill(card.en if lang == "en" else card.pt, slots)


def ask(rng: random.Random, card: Card, lang: Lang, split: Split) -> Turn:
    """Type one question of a card and answer it."""
    text = _choose(rng, _pattern(rng, card, lang, split))
    slots = tuple((name, _value(rng, name, lang, split)) for name in _slot_names(text + card.en))
    return Turn(typed(rng, _fill(text, slots), lang, slots), answer(card, lang, slots), slots)


def _pattern(rng: random.Random, card: Card, lang: Lang, split: Split) -> str:
    """One way to ask. The first ones of a card are what most people type, so training sees them more often."""
    options = patterns(card, lang)
    if split == "train" and rng.random() < PLAIN_SHARE:
        return rng.choice(trained(options)[:PLAIN])
    return pick(rng, options, split == "phrasing")


def typed(rng: random.Random, text: str, lang: Lang, slots: tuple[tuple[str, str], ...] = ()) -> str:
    """A question as people type it: with or without capital, question mark, accents, greeting, the odd slip.

    Slips spare the values of slots, which answers repeat.
    """
    if text.endswith("?") and text.count(" ") >= 2:
        text = _decorate(rng, text, lang)
    text = _punctuate(rng, text).replace("A³X", rng.choice(("A³X", "A³X", "A3X", "A3X", "a3x")))
    if rng.random() < 0.06:
        text = _chat_spelling(rng, text, lang)
    if rng.random() < 0.07:
        text = _slip(rng, text, frozenset(value for _, value in slots))
    if lang == "pt" and rng.random() < 0.3:
        text = unaccented(text)
    return _recase(rng, text)


def language(rng: random.Random) -> Lang:
    """English in three conversations of five."""
    return "en" if rng.random() < ENGLISH_SHARE else "pt"


def system(rng: random.Random, lang: Lang, dated: bool) -> tuple[Message, ...]:
    """A system message in some conversations; ``dated`` allows a line with a date, which must not change the answer."""
    if rng.random() >= SYSTEM_SHARE:
        return ()
    spoken: Lang = lang if rng.random() < 0.75 else "en"
    if dated and rng.random() < 0.25:
        date = f"20{rng.randint(24, 39)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        return (Message("system", f"Current date: {date}" if spoken == "en" else f"Data atual: {date}"),)
    return (Message("system", rng.choice(SYSTEMS[spoken])),)


def conversation(skill: str, lang: Lang, head: tuple[Message, ...], turns: list[Turn]) -> Example:
    """Lay turns out as messages."""
    said = [(Message("user", turn.ask), Message("assistant", turn.answer)) for turn in turns]
    return Example(skill, lang, (*head, *itertools.chain.from_iterable(said)))


@dataclass
class CardGenerator:
    """Asks about one of its cards, at times after a turn or two about others of them."""

    skill: str
    cards: tuple[Card, ...]

    def sample(self, rng: random.Random, split: Split, difficulty: float) -> Example:
        """Draw one conversation; ``difficulty`` adds earlier turns."""
        lang = language(rng)
        chosen = rng.sample(self.cards, turn_count(rng, 0.3 * difficulty))
        turns = [ask(rng, card, lang, split) for card in chosen]
        return conversation(self.skill, lang, system(rng, lang, dated=True), turns)


def turn_count(rng: random.Random, many: float) -> int:
    """1 to 4 turns; ``many`` is the chance of more than one."""
    return 1 if rng.random() >= many else rng.choice((2, 2, 3, 4))


def _slot_names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"<(\w+)>", text)))


def _value(rng: random.Random, name: str, lang: Lang, split: Split) -> str:
    if name == "theme":
        return rng.choice(THEMES)
    return pick(rng, SLOTS[lang][name], split == "slots")


def _fill(text: str, slots: tuple[tuple[str, str], ...]) -> str:
    for name, value in slots:
        text = text.replace(f"<{name}>", value)
    return text


def _choose(rng: random.Random, pattern: str) -> str:
    return _tidy(re.sub(r"\{([^}]*)\}", lambda found: rng.choice(found[1].split("|")), pattern))


def _tidy(text: str) -> str:
    return re.sub(r" +([?]|$)", r"\1", re.sub(r" {2,}", " ", text)).strip()


def _decorate(rng: random.Random, text: str, lang: Lang) -> str:
    if rng.random() < 0.08:
        text = rng.choice(OPENERS[lang]) + text
    if rng.random() < 0.05:
        text = text[:-1] + rng.choice(CLOSERS[lang]) + "?"
    return text


def _punctuate(rng: random.Random, text: str) -> str:
    if not text[-1:].isalnum() and not text.endswith("?"):
        return text
    luck = rng.random()
    if text.endswith("?") and text.strip("?"):
        return text if luck < 0.7 else text[:-1] if luck < 0.96 else text + "?"
    return text if luck < 0.65 or text.endswith("?") else text + ("." if luck < 0.94 else "!")


def _chat_spelling(rng: random.Random, text: str, lang: Lang) -> str:
    long, short = rng.choice(CHAT_SPELLING[lang])
    return re.sub(rf"\b{long}\b", short, text)


def _slip(rng: random.Random, text: str, spared: frozenset[str]) -> str:
    """One typing slip inside one longer word: two letters swapped, one lost or one doubled."""
    words = [found for found in re.finditer(r"[^\W\d_]{5,}", text) if found[0] not in spared]
    if not words or "`" in text:
        return text
    word = rng.choice(words)
    at = rng.randrange(word.start() + 1, word.end() - 1)
    middle = rng.choice((text[at + 1] + text[at], text[at + 1], text[at] * 2 + text[at + 1]))
    return text[:at] + middle + text[at + 2 :]


def _recase(rng: random.Random, text: str) -> str:
    luck = rng.random()
    if luck < 0.6 and text[:3] != "a3x":
        return text[:1].upper() + text[1:]
    return text if luck < 0.84 else text.lower() if luck < 0.99 else text.upper()
