"""The log-probability of every token of a prompt, for evaluation. Gathered chunk by chunk; knows no queue and no context.

Computed in the same chunks as an answer's prompt, so the figures are the ones the answer was made with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from a3x.engine.sampling import top
from a3x.engine.uncertainty import spread
from a3x.engine.writer import Bytes, described
from a3x.errors import EngineFailure
from a3x.types import TokenLogprob


class Scoring:
    """What is known so far of a prompt's tokens: log-probability and ``rivals`` likeliest ones each; the first has neither."""

    def __init__(self, rivals: int) -> None:
        self.tokens: list[TokenLogprob] = []
        self._rivals = rivals

    def read(self, prompt: Sequence[int], start: int, logits: NDArray[np.float32], model: Bytes) -> None:
        """Rows of ``logits``, float32[chunk, n_vocab], are of the tokens from ``start`` on. EngineFailure if not finite."""
        if start == 0:
            self.tokens.append(TokenLogprob(prompt[0], model.token_bytes(prompt[0]), None))
        totals, _ = spread(logits)
        if not all(map(math.isfinite, totals)):
            raise EngineFailure("the model's numbers are not finite with this mix; nothing can be scored")
        for row, token in enumerate(prompt[start + 1 : start + len(logits) + 1]):
            logprob = float(logits[row, token]) - totals[row]
            rivals = described(model, top(logits[row], self._rivals, totals[row]))
            self.tokens.append(TokenLogprob(token, model.token_bytes(token), logprob, rivals))
