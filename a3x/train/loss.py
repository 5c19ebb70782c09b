"""What a step minimises: cross-entropy of the learnt tokens, and how far kept text has moved from the base.

The logits of a whole sequence never exist: only of the tokens that count, a chunk at a time.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint
from transformers import LlamaForCausalLM

from a3x.train.batches import MicroBatch

CHUNK_TOKENS = 512
"""Tokens whose logits exist at one time."""


def loss_sum(model: LlamaForCausalLM, batch: MicroBatch, chunk_tokens: int = CHUNK_TOKENS) -> Tensor:
    """Weighted sum over the learnt tokens of ``batch``; divide by the step's whole weight, however it was cut."""
    return _cross_entropy(model, batch, hidden_states(model, batch.tokens), chunk_tokens)


def losses(
    model: LlamaForCausalLM, batch: MicroBatch, base_hidden: Tensor | None, chunk_tokens: int = CHUNK_TOKENS
) -> tuple[Tensor, Tensor]:
    """``loss_sum`` and the divergence of ``batch.kept`` from the base, summed over its tokens; one forward pass.

    ``base_hidden`` float[k, length, width] are the base's own last states of the kept rows; None: nothing is kept.
    """
    hidden = hidden_states(model, batch.tokens)
    learnt = _cross_entropy(model, batch, hidden, chunk_tokens)
    if base_hidden is None or not len(batch.kept):
        return learnt, torch.zeros((), device=hidden.device)
    ours = hidden[batch.kept_rows].flatten(0, 1)[batch.kept]
    return learnt, _chunked(_divergence, model, chunk_tokens, ours, base_hidden.flatten(0, 1)[batch.kept])


def hidden_states(model: LlamaForCausalLM, tokens: Tensor) -> Tensor:
    """float[rows, length, width], after the last norm."""
    # Rows are padded on the right, where causal attention never looks: no mask is needed.
    return model.model(input_ids=tokens, use_cache=False).last_hidden_state


def _cross_entropy(model: LlamaForCausalLM, batch: MicroBatch, hidden: Tensor, chunk_tokens: int) -> Tensor:
    chosen = hidden.flatten(0, 1)[batch.places]
    return _chunked(_surprise, model, chunk_tokens, chosen, batch.wanted, batch.weights)


def _chunked(part: Callable[..., Tensor], model: LlamaForCausalLM, chunk_tokens: int, *values: Tensor) -> Tensor:
    parts = list(zip(*(each.split(chunk_tokens) for each in values), strict=True))
    head = model.lm_head.weight
    if len(parts) == 1:
        return part(head, *parts[0])
    return torch.stack([checkpoint(part, head, *each, use_reentrant=False) for each in parts]).sum()


def _surprise(head: Tensor, hidden: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    scores = F.linear(hidden, head).float()
    return (F.cross_entropy(scores, wanted, reduction="none") * weights).sum()


def _divergence(head: Tensor, hidden: Tensor, base_hidden: Tensor) -> Tensor:
    """KL(base ‖ adapted) summed over tokens, in nats."""
    ours = F.linear(hidden, head).float().log_softmax(-1)
    bases = F.linear(base_hidden, head).float().log_softmax(-1)
    return F.kl_div(ours, bases, reduction="sum", log_target=True)
