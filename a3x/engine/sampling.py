"""llama.cpp's own sampler chains, and the log-probability and entropy of what they drew. Knows no text."""

from __future__ import annotations

import secrets

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from a3x.engine.llama import Context, held
from a3x.types import Sampling

RANDOM_SEED = 0xFFFFFFFF
"""llama.cpp takes this one seed as a wish for a random one (LLAMA_DEFAULT_SEED, llama.h)."""


def seed32(seed: int) -> int:
    """Any integer as a seed of llama.cpp, ``RANDOM_SEED`` never among them: the same seed must repeat the answer."""
    return seed % RANDOM_SEED


class Sampler:
    """A sampler chain for one answer; ``seed`` is the one really used, so that an answer can be drawn again."""

    def __init__(self, sampling: Sampling) -> None:
        self.seed = secrets.randbits(31) if sampling.seed is None else seed32(sampling.seed)
        chain = held(lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params()), "the sampler")
        for link in self._links(sampling):
            lib.llama_sampler_chain_add(chain, link)
        self._chain: lib.llama_sampler_p | None = chain

    def _links(self, sampling: Sampling) -> list[lib.llama_sampler_p]:
        if sampling.temperature <= 0.0:
            return [lib.llama_sampler_init_greedy()]
        links = []
        if sampling.top_k > 0:
            links.append(lib.llama_sampler_init_top_k(sampling.top_k))
        if sampling.top_p < 1.0:
            links.append(lib.llama_sampler_init_top_p(sampling.top_p, 1))
        if sampling.min_p > 0.0:
            links.append(lib.llama_sampler_init_min_p(sampling.min_p, 1))
        return [
            *links,
            lib.llama_sampler_init_temp(sampling.temperature),
            lib.llama_sampler_init_dist(self.seed),
        ]

    def draw(self, context: Context, row: int = -1) -> int:
        """The next token from one row of the last decode; -1 is its last."""
        return int(lib.llama_sampler_sample(held(self._chain, "the sampler"), context.handle, row))

    def close(self) -> None:
        if self._chain:
            lib.llama_sampler_free(self._chain)
            self._chain = None


def surprise(logits: NDArray[np.float32], token: int) -> tuple[float, float]:
    """(log-probability of ``token``, entropy of the distribution), both in nats, at temperature 1, before any filter."""
    shifted = logits.astype(np.float64) - float(logits.max())
    weights = np.exp(shifted)
    total = float(weights.sum())
    log_total = float(np.log(total))
    entropy = log_total - float((weights * shifted).sum()) / total
    return float(shifted[token]) - log_total, max(0.0, entropy)
