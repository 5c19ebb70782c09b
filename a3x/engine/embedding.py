"""The nouns of embedding, and what the rest of the house knows of an embedder. Imports no llama.cpp.

``engine.embed`` is the real embedder, ``engine.scripted`` holds the fake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

EmbedInput = str | Sequence[int]
"""A text, or the embedder's own token ids, used as they are (special tokens included)."""


@dataclass(frozen=True)
class EmbedderInfo:
    """Which embedder: vectors are comparable exactly when ``sha256`` is the same. ``max_tokens`` is one text's limit."""

    path: Path
    sha256: str
    name: str
    dimensions: int
    max_tokens: int


@dataclass(frozen=True)
class Embedded:
    """One row a text, in order: ``vectors`` float32[n, dimensions], each of length 1 (cosine is their dot product).

    ``tokens`` were computed, special ones included; where ``truncated``, the rest of the text was left out.
    """

    vectors: NDArray[np.float32]
    tokens: tuple[int, ...]
    truncated: tuple[bool, ...]
    made_by: EmbedderInfo


class TextEmbedder(Protocol):
    """Texts → vectors. NotReady while the embedder is not installed."""

    @property
    def installed(self) -> bool:
        """Whether there is a file to embed with; nothing is loaded to find out."""
        ...

    async def info(self) -> EmbedderInfo:
        """Loads the embedder if it is not loaded. NotReady, ConfigError, ForeignFile, EngineFailure."""
        ...

    async def embed(self, inputs: Sequence[EmbedInput], truncate: bool = True) -> Embedded:
        """The same text gives the same vector whatever stands beside it, within 1e-6 of cosine (docs/embeddings.md).

        BadRequest for an empty input or a token id that the embedder lacks, PromptTooLong for a long one unless
        ``truncate``; both name the input. Overloaded, and what ``info`` raises.
        """
        ...

    def status(self) -> Mapping[str, Any]:
        """For ``/a3x/status``."""
        ...
