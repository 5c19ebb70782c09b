"""Normaliser and entropy of every row of logits of a step, in one pass. Knows no sampler."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST = np.float32(-80.0)
"""Below the maximum by this much a logit counts for nothing, and exp() would yield numbers that processors are slow with."""


def spread(logits: NDArray[np.float32]) -> tuple[list[float], list[float]]:
    """(log of the sum of exponentials, entropy) of each row, in nats, at temperature 1, before any filter.

    ``logits`` is float32[rows, n_vocab]; a token's log-probability is its logit less the first. In float32: 4096 terms leave
    an error near 1e-6. A row that is not finite gives numbers that are not finite.
    """
    with np.errstate(all="ignore"):
        top = logits.max(axis=1, keepdims=True)
        shifted = logits - top
        np.maximum(shifted, LEAST, out=shifted)
        weights = np.exp(shifted)
        total = weights.sum(axis=1)
        log_total = np.log(total)
        entropies = log_total - np.einsum("ij,ij->i", weights, shifted) / total
        return (top[:, 0] + log_total).tolist(), np.maximum(entropies, 0.0).tolist()
