"""Hybrid search: the list by meaning and the list by words, fused by reciprocal rank. Knows no HTTP and no file.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009; a span's score is the sum of 1 / (60 + rank).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from a3x.engine.embedding import TextEmbedder
from a3x.errors import A3XError
from a3x.memory.index import Index
from a3x.memory.record import ENGLISH, PORTUGUESE
from a3x.stores.experiences import Experiences
from a3x.stores.filters import EVERYTHING, Filter
from a3x.stores.vectors import Part, Space
from a3x.stores.words import Words, words_of
from a3x.types import Experience

RANK_OFFSET = 60
DEPTH = 50
"""How far each list goes before they are fused, at least."""

Way = Literal["meaning", "words"]


@dataclass(frozen=True)
class Found:
    """A span, its fused score, its place in each list that has it (1 is first), and the cosine if meaning found it."""

    experience: Experience
    score: float
    ranks: Mapping[Way, int]
    similarity: float | None


@dataclass(frozen=True)
class Results:
    """What was found, best first; ``note`` says why search by meaning was left out, "" if it was not."""

    found: tuple[Found, ...]
    note: str = ""


class Search:
    """Search over everything that is remembered. ``embedder`` None searches by words alone."""

    def __init__(self, experiences: Experiences, words: Words, index: Index, embedder: TextEmbedder | None) -> None:
        self._experiences = experiences
        self._words = words
        self._index = index
        self._embedder = embedder

    async def search(self, query: str, limit: int = 10, only: Filter = EVERYTHING, part: Part = "combined") -> Results:
        """Best first. ``part`` is what is compared by meaning: question and answer together, or the question alone."""
        depth = max(limit, DEPTH)
        by_words, (near, note) = await asyncio.gather(
            asyncio.to_thread(self._words.find, telling(query), depth, only), self._near(query, depth, only, part)
        )
        lists: dict[Way, Sequence[int]] = {"meaning": list(near), "words": by_words}
        scores = fuse(lists)
        best = sorted(scores, key=lambda seq: (-scores[seq], -seq))[:limit]
        experiences = await asyncio.to_thread(self._experiences.get_many, best)
        ranks: dict[Way, dict[int, int]] = {
            way: {seq: rank for rank, seq in enumerate(seqs, 1)} for way, seqs in lists.items()
        }
        found = [Found(one, scores[one.seq], _places(one.seq, ranks), near.get(one.seq)) for one in experiences]
        return Results(tuple(found), note)

    async def _near(self, query: str, depth: int, only: Filter, part: Part) -> tuple[dict[int, float], str]:
        """Similarities by sequence number, best first, and why there are none."""
        if self._embedder is None:
            return {}, "found by words only: search by meaning needs the daemon"
        if not query.strip():
            return {}, "found by words only: there is nothing to search for"
        try:
            made = await self._embedder.embed([query])
        except A3XError as error:
            return {}, f"found by words only: {error.message}"
        near = await asyncio.to_thread(self._index.near, Space(made.made_by.sha256, part), made.vectors[0], depth, only)
        return {one.seq: one.similarity for one in near}, ""


def _places(seq: int, ranks: Mapping[Way, Mapping[int, int]]) -> dict[Way, int]:
    return {way: at[seq] for way, at in ranks.items() if seq in at}


def fuse(lists: Mapping[Way, Sequence[int]]) -> dict[int, float]:
    """Score by sequence number."""
    scores: dict[int, float] = {}
    for seqs in lists.values():
        for rank, seq in enumerate(seqs, 1):
            scores[seq] = scores.get(seq, 0.0) + 1.0 / (RANK_OFFSET + rank)
    return scores


def telling(query: str) -> list[str]:
    """The words worth looking for: all but the commonest of both languages, unless nothing else is there."""
    words = words_of(query)
    rare = [word for word in words if not (ENGLISH.fullmatch(word) or PORTUGUESE.fullmatch(word))]
    return rare or words
