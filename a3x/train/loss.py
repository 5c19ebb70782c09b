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


def loss_sum(model: LlamaForCausalLM, batch: MicroBatch, chunk_tokens: int = CHUNK_TOKENS) -> Tensor:
    """Weighted sum over the learnt tokens of ``batch``; divide by the step's whole weight, however it was cut."""
    # Rows are padded on the right, where causal attention never looks: no mask is needed.
    hidden = model.model(input_ids=batch.tokens, use_cache=False).last_hidden_state
    chosen = hidden.flatten(0, 1)[batch.places]
    parts = list(zip(*(values.split(chunk_tokens) for values in (chosen, batch.wanted, batch.weights)), strict=True))
    head = model.lm_head.weight
    if len(parts) == 1:
        return _part(head, *parts[0])
    return torch.stack([checkpoint(_part, head, *part, use_reentrant=False) for part in parts]).sum()


def _part(head: Tensor, hidden: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    scores = F.linear(hidden, head).float()
    return (F.cross_entropy(scores, wanted, reduction="none") * weights).sum()
