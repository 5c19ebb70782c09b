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
    names_one, names_other = _names(one), _names(other)
    if names_one and names_other and not names_one & names_other:
        return False
    about_one, about_other = about(one), about(other)
    fewer = min(len(about_one), len(about_other))
    return bool(fewer) and len(about_one & about_other) >= ENOUGH * fewer


def about(text: str) -> set[str]:
    """The words a question is about, shortened to what their forms share."""
    return {_stem(word) for word in re.findall(r"\w+", text.casefold()) if word not in PLAIN}


def digest(*parts: str) -> str:
    """Hex sha256 of texts, each told apart from the next."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _names(text: str) -> set[str]:
    first, *_ = re.findall(r"\w+", text) or [""]
    capitals = {word for word in re.findall(r"\w+", text) if word[0].isupper() and word != first}
    numbers = set(re.findall(r"\w*\d\w*", text))
    quoted = {word for span in re.findall(r"[\"“'`‘](.+?)[\"”'`’](?!\w)", text) for word in re.findall(r"\w+", span)}
    return {_stem(word.casefold()) for word in capitals | numbers | quoted if word.casefold() not in PLAIN}


def _stem(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))[:STEM]
