"""The shape of one fact kind. The tables are in ``facts_en`` and ``facts_pt``; ``facts`` draws from them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Relation:
    """One way in which a subject has a value.

    ``nouns`` feed the noun phrases ("the code of the locker"); Portuguese nouns carry their article ("a senha").
    ``says`` and ``asks`` are the relation's own sentences, about the user where they name no subject. ``stems`` replace
    the noun phrases where a plain possessive would be wrong.
    """

    name: str
    value: str
    subjects: tuple[str, ...]
    nouns: tuple[str, ...]
    says: tuple[str, ...]
    asks: tuple[str, ...]
    stems: tuple[str, ...] = ()
