"""What the agent is born knowing about itself (``memory/born.ndjson``), as notes for questions about it.

The spans stay in their file: they are no experiences of the user, so nothing lists, exports, forgets or learns them, and
another version of the program brings its own. Their vectors are made in the background once the embedder is in use
anyway, and live as long as the daemon. Knows nothing of facts that the user stated.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from a3x.engine.embedding import TextEmbedder
from a3x.errors import A3XError, BadRequest, ConfigError
from a3x.memory.record import language
from a3x.memory.relevance import probability, share_of_told
from a3x.memory.transfer import parse
from a3x.stores.vectors import Floats
from a3x.types import Experience

log = logging.getLogger(__name__)

FILE = "born.ndjson"
LIKELY = 0.6
"""How likely a span must be the one asked for: above what requests of other kinds reach (docs/decisions/0028)."""
MOST = 2
BATCH = 16


@dataclass(frozen=True)
class Known:
    """One span that bears on a question: P(asked for), its cosine (None: not embedded) and the share of words."""

    span: Experience
    likely: float
    cosine: float | None
    share: float


def read(path: Path) -> tuple[Experience, ...]:
    """The spans of a file, in its order. ConfigError names the line that is none, or the file that cannot be read."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}; install A³X again") from error
    spans: list[Experience] = []
    for number, line in enumerate(lines, 1):
        try:
            spans.append(parse(line).span)
        except BadRequest as error:
            raise ConfigError(f"{path}, line {number}: {error.message}") from error
    return tuple(spans)


class Born:
    """The spans of one program, compared with questions by meaning and by words."""

    def __init__(self, spans: Sequence[Experience], embedder: TextEmbedder | None) -> None:
        self._spans = tuple(spans)
        self._embedder = embedder
        self._rows: tuple[str, list[Floats]] = ("", [])
        """The embedder's hash and a vector a span, once they are made."""
        self._making: asyncio.Task[None] | None = None

    async def near(self, question: str) -> list[Known]:
        """What is likely enough, best first, at most ``MOST``; by words alone while there are no vectors."""
        cosines = await self._cosines(question)
        found: list[Known] = []
        for span, cosine in zip(self._spans, cosines, strict=True):
            if probability(cosine, 1.0) < LIKELY:
                continue  # no words would be enough: most spans, and reading them takes longer than the cosines
            # by words alone an answer that holds one of them would do: "list the files"
            share = share_of_told(question, span.this if cosine is None else f"{span.this} {span.if_ok}")
            if share is not None and (likely := probability(cosine, share)) >= LIKELY:
                found.append(Known(span, likely, cosine, share))
        spoken = language(question)
        return sorted(found, key=lambda one: (-one.likely, one.span.lang != spoken, len(one.span.this)))[:MOST]

    async def stop(self) -> None:
        """Give up making vectors."""
        making, self._making = self._making, None
        if making is not None:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    async def ready(self) -> None:
        """Wait for the vectors that are being made, if any are."""
        if self._making is not None:
            await self._making

    async def _cosines(self, question: str) -> list[float | None]:
        unknown: list[float | None] = [None] * len(self._spans)
        if self._embedder is None or not question.strip():
            return unknown
        try:
            made = await self._embedder.embed([question])
        except A3XError as error:
            log.debug("compared by words only: %s", error.message)
            return unknown
        sha256, rows = self._rows
        if sha256 == made.made_by.sha256:
            return [float(row @ made.vectors[0]) for row in rows]
        if self._making is None or self._making.done():
            self._making = asyncio.get_running_loop().create_task(self._make(self._embedder))
        return unknown

    async def _make(self, embedder: TextEmbedder) -> None:
        rows: list[Floats] = []
        try:
            sha256 = (await embedder.info()).sha256
            for at in range(0, len(self._spans), BATCH):
                rows += list((await embedder.embed([one.this for one in self._spans[at : at + BATCH]])).vectors)
        except A3XError as error:
            log.info("what A³X is born knowing is found by words only: %s", error.message)
            return
        self._rows = (sha256, rows)
