"""Vectors to search in: real embeddings of generated texts, each with copies under seeded noise until there are enough."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a3x import resources
from a3x.config import load
from a3x.engine.embed import Embedder
from a3x.engine.embedder_file import EmbedderFile

Floats = NDArray[np.float32]

NOISE = 0.35
"""Length of the noise added to a unit vector; copies of one text come out at a cosine of about 0.94."""
BLOCK = 5_000


def embeddings(count: int, cache: Path) -> Floats:
    """float32[count, 384] of different texts of the seed's replay corpus, kept in ``cache`` between runs."""
    if cache.is_file() and len(kept := np.load(cache, mmap_mode="r")) >= count:
        return np.array(kept[:count])
    texts = corpus(count)
    settings = load()
    embedder = Embedder(EmbedderFile(settings.embedder.model), settings.embedder, queue_limit=128)

    async def make() -> Floats:
        parts = [(await embedder.embed(texts[at : at + 64])).vectors for at in range(0, len(texts), 64)]
        await embedder.close()
        return np.concatenate(parts)

    made = asyncio.run(make())
    np.save(cache, made)
    return made


def corpus(count: int) -> list[str]:
    """Different texts, drawn with a seed: messages of the corpus, and two of them that stand near each other together."""
    with resources.path("models/seed/replay.jsonl").open() as lines:
        messages = [message["content"] for line in lines for message in json.loads(line)["messages"]]
    texts = list(dict.fromkeys(text for text in messages if text.strip()))
    together = (f"{one} {other}" for apart in range(1, 10) for one, other in zip(texts, texts[apart:], strict=False))
    several = list(dict.fromkeys([*texts, *itertools.islice(together, max(2 * (count - len(texts)), 0))]))
    if len(several) < count:
        raise ValueError(f"the corpus gives {len(several)} different texts, {count} are wanted")
    return [several[at] for at in np.random.default_rng(1).permutation(len(several))[:count]]


def copies(real: Floats, count: int) -> Iterator[Floats]:
    """``count`` unit vectors in blocks float32[≤ 5 000, dimensions]: each of ``real`` as it is, then noisy copies."""
    chance = np.random.default_rng(2)
    for start in range(0, count, BLOCK):
        numbers = np.arange(start, min(start + BLOCK, count))
        rows = real[np.where(numbers < len(real), numbers % len(real), chance.integers(0, len(real), len(numbers)))]
        noise = chance.normal(size=rows.shape).astype(np.float32)
        noise *= NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
        rows = rows + np.where((numbers < len(real))[:, None], 0.0, noise)
        yield (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
