"""How likely a stated fact is to answer a question, from its meaning and its words. Pure; knows no store.

A logistic of two measures: P = 1 / (1 + exp(-(MEANING · cosine + WORDS · share + BIAS))). The constants are fitted on generated
lives, without the one that the acceptance test asks about, by ``python -m tests.support.relevance_fit``, which prints them.
"""

from __future__ import annotations

import math
import re

from a3x.stores import phrasing
from a3x.stores.facts import Fact

MEANING, WORDS, BIAS = 7.44, 4.78, -6.86
USUAL_COSINE = 0.6
"""Of a question and its fact: stands in where there is no embedder, or the fact is not embedded yet."""
ASKING = frozenset(
    word[: phrasing.STEM]
    for word in re.findall(
        r"\w+",
        "again answer any asked check complete excuse fill find finish forget forgot forgotten gap get got had happen has "
        "have hello help hey hi idea just keep like look looking may mention mentioned need note noted notes okay once "
        "question quick recall remember same sentence show something sorry state still thing trying want write "
        "ache acha ajuda ajude anotou bom certo completa complete confirma da desculpa desculpe disse ei entao "
        "esqueci esquecendo estou favor fala fale frase gostaria informe lacuna licenca lembrar mesmo notas novamente "
        "oi ola passa passe pergunta pergunte posso preciso preencha procura procure quero rapida rapido repete repita "
        "responda saber sabes tentando termina ter vez",
    )
)
"""Stems that a question is asked with ("I forgot", "com licença"), beside those that no text is about."""
NEWS = re.compile(
    r"\W*(?:updated?|correction|that(?:'s| has|’s)? changed|from now on|now|changed|since today|no longer|atualização|"
    r"atualizado|correção|de agora em diante|isso mudou|mudou|agora|a partir de (?:hoje|agora)|desde hoje)\b",
    re.IGNORECASE,
)
"""How a message begins that says something anew."""


def probability(cosine: float | None, share: float) -> float:
    """That a fact of this cosine to a question (None: unknown), holding this share of its words, is the one asked for."""
    meaning = USUAL_COSINE if cosine is None else max(cosine, 0.0)
    return 1.0 / (1.0 + math.exp(-(MEANING * meaning + WORDS * share + BIAS)))


def share_of_words(question: str, fact: Fact) -> float | None:
    """How much of what a question is about the fact speaks of, 0 to 1; None if they name different things.

    The fact must hold every name of the question, and the question every name of what the fact is about: the code of
    Ana's locker is no answer to a question about Rui's.
    """
    words = phrasing.stems(question)
    beside = phrasing.about(fact.value) or phrasing.subject_names(fact.about)  # the sides may be taken for each other
    if not phrasing.subject_names(fact.about) <= words and not beside & words:
        return None
    return share_of_told(question, fact.text)


def share_of_told(question: str, text: str) -> float | None:
    """How much of what a question is about a text speaks of, 0 to 1; None if it lacks a name of the question."""
    told = phrasing.stems(text)
    if not phrasing.names(question) <= told:
        return None
    asked = phrasing.about(question)
    about = phrasing.alike(asked - ASKING or asked)
    return len(about & phrasing.alike(told)) / len(about) if about else 0.0


def announced(message: str) -> bool:
    """Whether what was said there is told as news: "update: …", "agora …"."""
    return NEWS.match(message) is not None
