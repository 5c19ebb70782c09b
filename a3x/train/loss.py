"""Cross-entropy of the learnt tokens alone. The logits of a whole sequence never exist."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint
from transformers import LlamaForCausalLM

from a3x.train.batches import MicroBatch

CHUNK_TOKENS = 512
"""Learnt tokens whose logits exist at one time."""


def loss_sum(model: LlamaForCausalLM, batch: MicroBatch) -> Tensor:
    """Weighted sum over the learnt tokens of ``batch``; divide by the step's whole weight, however it was cut."""
    # Rows are padded on the right, where causal attention never looks: no mask is needed.
    hidden = model.model(input_ids=batch.tokens, use_cache=False).last_hidden_state
    chosen = hidden.flatten(0, 1)[batch.places]
    parts = zip(
        chosen.split(CHUNK_TOKENS), batch.wanted.split(CHUNK_TOKENS), batch.weights.split(CHUNK_TOKENS), strict=True
    )
    if len(chosen) <= CHUNK_TOKENS:
        return sum((_part(model.lm_head.weight, *part) for part in parts), torch.zeros((), device=chosen.device))
    sums = [checkpoint(_part, model.lm_head.weight, *part, use_reentrant=False) for part in parts]
    return torch.stack(sums).sum()


def _part(head: Tensor, hidden: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    scores = F.linear(hidden, head).float()
    return (F.cross_entropy(scores, wanted, reduction="none") * weights).sum()
