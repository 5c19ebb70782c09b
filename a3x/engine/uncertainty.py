"""Normaliser and entropy of every row of logits, as burst.c computes them. Knows no sampler."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from a3x.engine.native import library


def spread(logits: NDArray[np.float32]) -> tuple[list[float], list[float]]:
    """(log of the sum of exponentials, entropy) of each row, in nats, at temperature 1, before any filter.

    ``logits`` is float32[rows, n_vocab]; a token's log-probability is its logit less the first. Summed in float32: the error is
    near 1e-6. From the first row on that is not finite, all numbers are NaN.
    """
    rows = np.ascontiguousarray(logits, np.float32)
    found = np.full((2, len(rows)), np.nan)
    library().a3x_spread(rows.ctypes.data, *rows.shape, found[0].ctypes.data, found[1].ctypes.data)
    return found[0].tolist(), found[1].tolist()
