"""Which examples a step sees, and their tokens as padded tensors. Order follows from seed and step alone."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from a3x.runs import TrainingExample

LEAST_FILLED = 0.5
"""Share of a row that is not padding; less padding costs more, smaller products: 0.5 was measured the fastest."""
ROUND_TOKENS = 8
"""Rows are padded to a multiple of this: fewer distinct shapes for the kernels to prepare themselves for."""


@dataclass(frozen=True)
class MicroBatch:
    """``tokens`` int64[rows, length], padded on the right, where causal attention never looks.

    ``places`` int64[n]: flat positions whose next token is learnt; ``wanted`` int64[n]: those tokens; ``weights``
    float32[n]. ``kept_rows`` int64[k]: rows that are held to the base; ``kept`` int64[m]: flat positions in
    ``tokens[kept_rows]`` of their real tokens.
    """

    tokens: Tensor
    places: Tensor
    wanted: Tensor
    weights: Tensor
    kept_rows: Tensor
    kept: Tensor
    real_tokens: int


class Order:
    """Every example once an epoch, in an order shuffled by seed and epoch."""

    def __init__(self, examples: Sequence[TrainingExample], batch: int, seed: int) -> None:
        self._examples, self._batch, self._seed = examples, batch, seed
        self._shuffled = functools.lru_cache(maxsize=2)(self._epoch)

    def step(self, step: int) -> list[TrainingExample]:
        """The examples of step ``step`` (from 0), longest first."""
        count = len(self._examples)
        drawn = range(step * self._batch, (step + 1) * self._batch)
        chosen = [self._examples[self._shuffled(draw // count)[draw % count]] for draw in drawn]
        return longest_first(chosen)

    def _epoch(self, epoch: int) -> list[int]:
        return np.random.default_rng((self._seed, epoch)).permutation(len(self._examples)).tolist()


def longest_first(examples: Sequence[TrainingExample]) -> list[TrainingExample]:
    """Neighbours of like length waste little padding; the largest micro-batch is first, so memory ends early."""
    return sorted(examples, key=lambda example: len(example.ids), reverse=True)


def micro_batches(examples: Sequence[TrainingExample], size: int, device: torch.device) -> list[MicroBatch]:
    """Neighbours side by side, at most ``size``, none shorter than ``LEAST_FILLED`` of their first and longest."""
    pieces: list[list[TrainingExample]] = []
    for example in examples:
        if pieces and len(pieces[-1]) < size and len(example.ids) >= LEAST_FILLED * len(pieces[-1][0].ids):
            pieces[-1].append(example)
        else:
            pieces.append([example])
    return [_padded(piece, device) for piece in pieces]


def _padded(examples: Sequence[TrainingExample], device: torch.device) -> MicroBatch:
    longest = max(len(example.ids) for example in examples)
    length = -(-longest // ROUND_TOKENS) * ROUND_TOKENS
    tokens = np.zeros((len(examples), length), np.int64)
    learnt = np.zeros((len(examples), length), np.bool_)
    weights = np.zeros((len(examples), length), np.float32)
    for row, example in enumerate(examples):
        tokens[row, : len(example.ids)] = example.ids
        learnt[row, : len(example.ids)] = example.loss_mask
        weights[row] = example.weight
    kept_rows = [row for row, example in enumerate(examples) if example.kept]
    kept = [place * length + at for place, row in enumerate(kept_rows) for at in range(len(examples[row].ids))]
    places = np.flatnonzero(np.roll(learnt.ravel(), -1))
    return MicroBatch(
        tokens=torch.from_numpy(tokens).to(device),
        places=torch.from_numpy(places).to(device),
        wanted=torch.from_numpy(tokens[learnt]).to(device),
        weights=torch.from_numpy(weights[learnt]).to(device),
        kept_rows=torch.tensor(kept_rows, dtype=torch.int64, device=device),
        kept=torch.tensor(kept, dtype=torch.int64, device=device),
        real_tokens=sum(len(example.ids) for example in examples),
    )
