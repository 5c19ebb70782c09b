"""The same question in other forms, by rules of grammar: paraphrases that need no judge, for a lesson must not hang on its words.

A question is read as one of three things: a *thing* that is asked for ("the code of the locker"), a *clause* ("where I
was born"), or the meaning of a quoted *nickname*. Each has its frames. What no rule reads has no other forms. Answers are
never touched. Knows English and Portuguese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from a3x.stores.phrasing import key

VERIFIER = "grammar-1"
"""Vouches for what ``forms`` gives; raised whenever a rule changes what it says."""


@dataclass(frozen=True)
class _Thing:
    """``be`` is the question word and verb it was or could be asked with: "what is", "quem é"."""

    np: str
    be: str


@dataclass(frozen=True)
class _Clause:
    """``indirect`` follows "tell me"; ``direct`` stands alone, "" if the rules cannot turn it back."""

    indirect: str
    direct: str = ""


@dataclass(frozen=True)
class _Nickname:
    quoted: str
    command: bool


_Reading = _Thing | _Clause | _Nickname

FRAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "thing": (
            *("{be} {np}?", "{be} {np}?", "tell me {np}", "tell me {wh} {np} {verb}", "do you know {np}?", "{np}?"),
            *(
                "do you know {wh} {np} {verb}?",
                "can you tell me {np}?",
                "remind me of {np}",
                "remind me {wh} {np} {verb}",
            ),
            *(
                "{np}, please",
                "I forgot {np}",
                "do you remember {np}?",
                "give me {np}",
                "I need {np}",
                "I need to know {np}",
            ),
            *("so {be} {np}?", "{be} {np} again?", "could you say {wh} {np} {verb}?", "I would like to know {np}"),
        ),
        "clause": (
            *(
                "{direct}?",
                "{direct}?",
                "tell me {c}",
                "do you know {c}?",
                "do you remember {c}?",
                "can you tell me {c}?",
            ),
            *(
                "remind me {c}",
                "I forgot {c}",
                "I would like to know {c}",
                "could you say {c}?",
                "say {c}",
                "please tell me {c}",
            ),
        ),
        "command": (
            *("what do I mean by {q}?", "which command is {q}?", "what is the command for {q}?", "the command for {q}"),
            *(
                "what does {q} run?",
                "what should you run for {q}?",
                "what should you run when I say {q}?",
                "what is {q}?",
            ),
            *(
                "which command do I call {q}?",
                "when I say {q}, which command do I mean?",
                "tell me the command for {q}",
            ),
            *(
                "what does {q} stand for?",
                "what is {q} short for?",
                "remind me what {q} means",
                "{q}?",
                "I said {q}: which command?",
            ),
            *("remind me of the command for {q}", "tell me what {q} runs", "when I say {q}, what do you run?"),
            *("which command is behind {q}?", "do you know the command for {q}?", "tell me which command {q} is"),
        ),
        "meaning": (
            *("what do I mean by {q}?", "what does {q} mean?", "what is {q}?", "what does {q} stand for?", "{q}?"),
            *(
                "tell me what {q} means",
                "remind me what {q} means",
                "when I say {q}, what do I mean?",
                "the meaning of {q}",
            ),
            *("do you know what {q} means?", "what is meant by {q}?", "what is {q} short for?", "what do I call {q}?"),
        ),
    },
    "pt": {
        "thing": (
            *(
                "{be} {np}?",
                "{be} {np}?",
                "me diga {np}",
                "me diga {be} {np}",
                "você sabe {np}?",
                "você sabe {be} {np}?",
            ),
            *("{np}?", "me lembra {be} {np}", "pode me dizer {np}?", "pode me dizer {be} {np}?", "{np}, por favor"),
            *(
                "esqueci {np}",
                "você lembra {be} {np}?",
                "quero saber {np}",
                "me fala {np}",
                "{be} mesmo {np}?",
                "sabe {be} {np}?",
            ),
        ),
        "clause": (
            *(
                "{direct}?",
                "{direct}?",
                "me diga {c}",
                "você sabe {c}?",
                "você lembra {c}?",
                "pode me dizer {c}?",
                "sabe {c}?",
            ),
            *("me lembra {c}", "esqueci {c}", "quero saber {c}", "me fala {c}", "{direct} mesmo?", "lembra {c}?"),
        ),
        "command": (
            *("o que eu quero dizer com {q}?", "qual comando é {q}?", "qual é o comando de {q}?", "o comando de {q}"),
            *(
                "o que {q} roda?",
                "o que você deve rodar com {q}?",
                "o que você deve rodar quando eu digo {q}?",
                "o que é {q}?",
            ),
            *(
                "qual comando eu chamo de {q}?",
                "quando eu digo {q}, que comando é?",
                "me diga o comando de {q}",
                "{q}?",
            ),
            *(
                "o que significa {q}?",
                "me lembra o que {q} significa",
                "me lembra o comando de {q}",
                "você sabe o comando de {q}?",
            ),
            *("eu disse {q}: qual comando?", "quando digo {q}, o que você roda?", "que comando está por trás de {q}?"),
        ),
        "meaning": (
            *("o que eu quero dizer com {q}?", "o que significa {q}?", "o que é {q}?", "o que quer dizer {q}?", "{q}?"),
            *("me diga o que {q} significa", "me lembra o que {q} significa", "quando eu digo {q}, o que quero dizer?"),
            *("o significado de {q}", "você sabe o que {q} significa?", "a que se refere {q}?"),
        ),
    },
}
"""``{wh} {np} {verb}``: the two words of ``be`` around the thing. A frame that lacks its part is left out."""

_QUOTED = r"""(?:'[^']+'|"[^"]+"|“[^”]+”|«[^»]+»|`[^`]+`)"""
_OPENINGS = {
    "en": re.compile(
        r"^(?:(?:please|hello|hi|hey|so|ok|okay|and)\b[,:!]? +)*"
        r"(?:(?:can|could|would|will) you (?:please )?|please )?"
        r"(?:tell me|say|give me|remind me(?: of)?|do you (?:know|remember)|i (?:forgot|need(?: to know)?|want to know)"
        r"|i would like to know|i'd like to know)[,:]? +"
    ),
    "pt": re.compile(
        r"^(?:(?:por favor|olá|oi|então|e)\b[,:!]? +)*"
        r"(?:(?:você )?(?:pode|poderia) )?"
        r"(?:me (?:diga|diz|dizer|fala|falar|lembra|lembre|lembrar)(?: d[eoa])?|(?:você )?(?:sabe|lembra)"
        r"|quero saber|esqueci)[,:]? +"
    ),
}
_POLITE = re.compile(r"[,.]? *\b(?:please|por favor|thanks|obrigad[oa])$")


def forms(question: str, lang: str) -> tuple[str, ...]:
    """Other ways to ask ``question``, in the order of the frames; () if no rule reads it. Never two of the same words."""
    read = {"en": _read_en, "pt": _read_pt}.get(lang)
    asked = _POLITE.sub("", question.strip().rstrip("?!. "))
    if read is None or not asked or "\n" in asked:
        return ()
    found: dict[str, str] = {}
    for reading in read(_lowered(asked)):
        for form in _framed(reading, FRAMES[lang]):
            found.setdefault(key(form), form)
    found.pop(key(question), None)
    return tuple(found.values())


def _lowered(text: str) -> str:
    """Without the capital of a first word that has one only because it is the first."""
    first = re.match(r"\w+", text)
    return (
        text
        if first is None or first[0] == "I" or first[0][1:] != first[0][1:].lower()
        else text[:1].lower() + text[1:]
    )


def _framed(reading: _Reading, frames: dict[str, tuple[str, ...]]) -> Iterable[str]:
    match reading:
        case _Thing(np, be):
            wh, _, verb = be.partition(" ")
            yield from (frame.format(np=np, be=be, wh=wh, verb=verb) for frame in frames["thing"])
        case _Clause(indirect, direct):
            wanted = (frame for frame in frames["clause"] if direct or "{direct}" not in frame)
            yield from (frame.format(c=indirect, direct=direct) for frame in wanted)
        case _Nickname(quoted, command):
            yield from (frame.format(q=quoted) for frame in frames["command" if command else "meaning"])


# --- English ---------------------------------------------------------------------------------------------------------

_BE, _MODAL = r"(?:is|are|was|were)", r"(?:can|could|should|will|would|must|may|might)"
_PRONOUN = r"(?:i|you|we|they|he|she|it)"
_WH = (
    r"(?:(?:at|in|on|for|from|to|by|with|of) )?(?:what|which|who|whom|whose|when|where|how|why)"
    r"(?: (?!is\b|are\b|was\b|were\b|do\b|does\b|did\b)\w+){0,2}?"
)
_LATE = r"(?:\w+(?:ed|wn|pt|ld)|born|set|put|due|open|closed|made|meant|going|called)"


def _read_en(asked: str) -> Iterable[_Reading]:
    if nickname := _nickname(
        asked, r"\bcommand|\brun|\btype|\bexecute", r"\bmean|stands? for|short for|\bcalls?\b|\bsay\b"
    ):
        yield nickname
        return
    opening = _OPENINGS["en"].match(asked.lower())
    rest = asked[opening.end() :] if opening else asked
    if opening and re.match(rf"{_WH}\b", rest.lower()):
        yield from _indirect_en(rest)
    elif opening or re.match(r"(?:the|my|our|your|his|her|their) ", rest.lower()):
        yield from _things_en(rest, "what is")
    else:
        yield from _direct_en(rest)


def _direct_en(asked: str) -> Iterable[_Reading]:
    """ "what is my …", "when does the … close", "which key opens …"."""
    if found := re.fullmatch(r"what (?:is|are) (.+) (?:called|named)|what do (?:i|we) call (.+)", asked, re.IGNORECASE):
        yield from _things_en(f"the name of {found[1] or found[2]}", "what is")
        yield _Clause(f"what {found[1] or found[2]} is called", f"what is {found[1] or found[2]} called")
    elif found := re.fullmatch(rf"(what|who)(?:'s| ({_BE})) ((?!{_PRONOUN}\b).+)", asked, re.IGNORECASE):
        yield from _things_en(found[3], f"{found[1]} {found[2] or 'is'}")
    elif found := re.fullmatch(rf"({_WH}) ({_BE}|{_MODAL}) ({_PRONOUN}) (.+)", asked, re.IGNORECASE):
        yield _Clause(f"{found[1]} {found[3]} {found[2]} {found[4]}", asked)
    elif found := re.fullmatch(rf"({_WH}) ({_BE}) (.+?)( {_LATE}.*)?", asked, re.IGNORECASE):
        yield _Clause(f"{found[1]} {found[3]} {found[2]}{found[4] or ''}", asked)
    elif found := re.fullmatch(rf"({_WH}) do ({_PRONOUN}|my .+?s|the .+?s) (.+)", asked, re.IGNORECASE):
        yield _Clause(f"{found[1]} {found[2]} {found[3]}", asked)
    elif found := re.fullmatch(
        rf"({_WH}) does (.+) ([a-z]+)( (?:at|in|on|for|to|from|with)\b.*)?", asked, re.IGNORECASE
    ):
        yield _Clause(f"{found[1]} {found[2]} {_third(found[3])}{found[4] or ''}", asked)
    elif re.match(rf"{_WH} (?!is\b|was\b|does\b)\w+s\b", asked, re.IGNORECASE):  # the question word is the subject
        yield _Clause(asked, asked)


def _indirect_en(asked: str) -> Iterable[_Reading]:
    """What followed "tell me": the verb comes last or after the subject, so it may be turned back."""
    if found := re.fullmatch(rf"(what|who) (.+) ({_BE})", asked, re.IGNORECASE):
        yield from _things_en(found[2], f"{found[1]} {found[3]}")
    elif found := re.fullmatch(rf"({_WH}) ({_PRONOUN}) ({_BE}|{_MODAL})\b(.*)", asked, re.IGNORECASE):
        yield _Clause(asked, f"{found[1]} {found[3]} {found[2]}{found[4]}")
    elif found := re.fullmatch(rf"({_WH}) (i|you|we|they) (.+)", asked, re.IGNORECASE):
        yield _Clause(asked, f"{found[1]} do {found[2]} {found[3]}")
    elif found := re.fullmatch(rf"({_WH}) (.+) ({_BE})( {_LATE})?", asked, re.IGNORECASE):
        yield _Clause(asked, f"{found[1]} {found[3]} {found[2]}{found[4] or ''}")
    else:
        yield _Clause(asked)


def _things_en(np: str, be: str) -> Iterable[_Reading]:
    yield _Thing(np, be)
    if found := re.fullmatch(r"the ([\w ]+?) of ((?:the|my|our|your|his|her|their) .+|[A-Z]\w*)", np, re.IGNORECASE):
        yield _Thing(f"{found[2]}'s {found[1]}", be)
    elif found := re.fullmatch(r"(.+)'s ([\w ]+)", np):
        yield _Thing(f"the {found[2]} of {found[1]}", be)


def _third(verb: str) -> str:
    """Third person of a regular verb."""
    if re.search(r"(?:s|x|z|ch|sh|o)$", verb):
        return verb + "es"
    return verb[:-1] + "ies" if re.search(r"[^aeiou]y$", verb) else verb + "s"


# --- Portuguese ------------------------------------------------------------------------------------------------------

_ASKS_PT = (
    r"(?:(?:em|a|de|para|por|com|no|na) )?"
    r"(?:que|qual|quais|quem|onde|quando|como|quanto|quantos|quanta|quantas|por que)\b|o que\b"
)
_ARTICLE = r"(?:os|as|o|a)"


def _read_pt(asked: str) -> Iterable[_Reading]:
    if nickname := _nickname(
        asked, r"\bcomando|\broda|\bexecuta", r"signific|quer(?:o|er)? dizer|\bcham|\bdigo\b|refere"
    ):
        yield nickname
        return
    opening = _OPENINGS["pt"].match(asked.lower())
    rest = asked[opening.end() :] if opening else asked
    if found := re.fullmatch(rf"como se chama ({_ARTICLE} .+)|que nome tem ({_ARTICLE} .+)", rest, re.IGNORECASE):
        yield from _named_pt(found[1] or found[2])
    elif found := re.fullmatch(r"(qual|quais|quem) (é|são|era|foi) (.+)", rest, re.IGNORECASE):
        yield from _things_pt(found[3], f"{found[1]} {found[2]}")
    elif re.match(_ASKS_PT, rest.lower()):
        yield _Clause(rest, rest)
    elif opening or re.match(rf"(?:{_ARTICLE}|meus?|minhas?) ", rest.lower()):
        yield from _things_pt(rest, "qual é")


def _things_pt(np: str, be: str) -> Iterable[_Reading]:
    yield _Thing(np, be)
    if found := re.fullmatch(r"o nome d(os|as|o|a|e) (.+)", np, re.IGNORECASE):
        whose = found[2] if found[1] == "e" else f"{found[1]} {found[2]}"
        yield _Clause(f"como se chama {whose}", f"como se chama {whose}")


def _named_pt(whose: str) -> Iterable[_Reading]:
    """``whose`` begins with its article, which melts into "de"."""
    yield _Clause(f"como se chama {whose}", f"como se chama {whose}")
    yield _Thing(f"o nome d{whose}", "qual é")


# --- both ------------------------------------------------------------------------------------------------------------


def _nickname(asked: str, command: str, meaning: str) -> _Nickname | None:
    """A question about the meaning of one quoted text; None of anything else."""
    quoted = re.findall(_QUOTED, asked)
    outside = re.sub(_QUOTED, "", asked).lower()
    is_command = bool(re.search(command, outside))
    if len(quoted) != 1 or not (is_command or re.search(meaning, outside)):
        return None
    return _Nickname(quoted[0], is_command)
