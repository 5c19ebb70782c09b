"""When two questions are the same one, and when two ask for the same fact. Pure; knows no meaning, only words."""

from __future__ import annotations

import hashlib
import re
import unicodedata

ENOUGH = 0.5
"""Share of the shorter question's words that the other must have."""
STEM = 5
"""Letters by which two words are held to be forms of one."""
PLAIN = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can could did do does for from give how i in is it its know let me mine my of on or "
        "our please remind s say should so tell that the their this to us was we were what when where which who whose "
        "why will with would you your "
        "ao aos as à às com como da das de diga dizer do dos e ela ele em era essa esse esta este eu foi isso isto já "
        "lembra lembre lhe mas me meu meus minha minhas na nas no nos não o onde os ou para pela pelo poderia por pode "
        "porque qual quais quando que quem se sabe sei seu seus sua suas são também tem um uma você vocês é",
    )
)
"""Words that a question is asked with, not what it is about."""

MINE = re.compile(
    r"\b(?:my|mine|i|me|meu|minha|meus|minhas|eu|moro|trabalho|nasci|prefiro|tenho|sou|uso|chamo)\b", re.IGNORECASE
)
"""Words that speak of the user."""
_SAME = {
    **dict.fromkeys(("favou", "favor", "prefe", "predi", "like", "likes", "best", "gosto", "gosta"), "favor"),
    **dict.fromkeys(("calle", "named", "name", "nome", "chama", "chamo"), "name"),
    **dict.fromkeys(("lives", "live", "moro", "mora"), "live"),
    **dict.fromkeys(("works", "work", "traba"), "work"),
}
"""Stems that say the same of a thing."""
_OPENERS = frozenset(["as", "when", "whenever", "if", "case", "caso", "sempre", "we", "nós"])
"""Words that begin a statement and name nothing."""
_EMPTY = frozenset(
    re.findall(r"\w+", "numbe numer exact value valor now agora new novo nova curre today hoje case caso comes")
)
"""Stems that tell no two things apart."""


def key(text: str) -> str:
    """The same for texts that differ in case, spaces or punctuation only; of nothing but signs, the signs."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", folded)) or "".join(folded.split())


def answer_key(text: str) -> str:
    """The same for answers that differ in case, spaces or a final stop only: signs may be all that two differ in."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".!")


def same_fact(one: str, other: str) -> bool:
    """Whether two questions *that have the same answer* are likely to be phrasings of one fact.

    They share half the words they are about, and do not each name something (a capitalised word, a number, a quoted
    one) that the other does not. Of different languages they seldom do: then each is a fact of its own.
    """
    names_one, names_other = names(one), names(other)
    if names_one and names_other and not names_one & names_other:
        return False
    about_one, about_other = about(one), about(other)
    fewer = min(len(about_one), len(about_other))
    return bool(fewer) and len(about_one & about_other) >= ENOUGH * fewer


def unaccented(text: str) -> str:
    """Letters without their accents, signs without their variants."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def about(text: str) -> set[str]:
    """The words a question is about, shortened to what their forms share."""
    return {_stem(word) for word in re.findall(r"\w+", text.casefold()) if word not in PLAIN}


def about_key(text: str) -> str:
    """The stems of what a text is about, in one order; "" if it is about nothing that can be told apart."""
    found = alike(about(text)) - _EMPTY
    if not found:
        return ""
    return " ".join(sorted(found | ({"·mine"} if about_user(text) else set())))


def alike(found: set[str]) -> set[str]:
    """Stems with one for those that say the same."""
    return {_SAME.get(stem, stem) for stem in found}


def about_user(text: str) -> bool:
    """Whether it speaks of the user: "my", "eu"."""
    return bool(MINE.search(text))


def stems(text: str) -> set[str]:
    """Every word, shortened to what its forms share."""
    return {_stem(word) for word in re.findall(r"\w+", text.casefold())}


def names(question: str) -> set[str]:
    """The stems of what a question names: capitalised words but the first and short acronyms, numbers, quoted words."""
    return _names(question, first=False)


def subject_names(about: str) -> set[str]:
    """The same of what a statement is about, where the first word is often the name."""
    return _names(about, first=True)


def digest(*parts: str) -> str:
    """Hex sha256 of texts, each told apart from the next."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _names(text: str, first: bool) -> set[str]:
    words = re.findall(r"\w+", text)
    capitals = {word for word in words[0 if first else 1 :] if word[0].isupper() and not _is_acronym(word)}
    numbers = {word for word in words if re.search(r"\d", word)}
    quoted = {word for span in re.findall(r"[\"“'`‘](.+?)[\"”'`’](?!\w)", text) for word in re.findall(r"\w+", span)}
    found = {word.casefold() for word in capitals | numbers | quoted if len(word) > 1}
    return {_stem(word) for word in found - PLAIN - _OPENERS}


def _is_acronym(word: str) -> bool:
    """ "IP" and "TCP" are nouns like others."""
    return len(word) <= 3 and word.isupper() and word.isalpha()


def _stem(word: str) -> str:
    return unaccented(word)[:STEM]
