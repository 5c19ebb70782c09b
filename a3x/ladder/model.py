"""A small Llama in plain torch, its parameters named as GGUF names them.

Knows nothing of text, files or training. Rotary embedding is in the half-split layout; ``export`` permutes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from a3x.ladder.recipe import Shape


class Block(nn.Module):
    """Attention, then SwiGLU, each behind a norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.attn_norm = nn.RMSNorm(width, shape.norm_eps)
        self.attn_q = nn.Linear(width, width, bias=False)
        self.attn_k = nn.Linear(width, width, bias=False)
        self.attn_v = nn.Linear(width, width, bias=False)
        self.attn_output = nn.Linear(width, width, bias=False)
        self.ffn_norm = nn.RMSNorm(width, shape.norm_eps)
        self.ffn_gate = nn.Linear(width, shape.ffn, bias=False)
        self.ffn_up = nn.Linear(width, shape.ffn, bias=False)
        self.ffn_down = nn.Linear(shape.ffn, width, bias=False)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        rows, length, width = x.shape
        split = (rows, length, self.heads, width // self.heads)
        h = self.attn_norm(x)
        q = _rotate(self.attn_q(h).view(split).transpose(1, 2), turn)
        k = _rotate(self.attn_k(h).view(split).transpose(1, 2), turn)
        v = self.attn_v(h).view(split).transpose(1, 2)
        # Written out rather than F.scaled_dot_product_attention, whose CPU backward was a third of the whole step.
        scores = (q @ k.transpose(2, 3)).float() * (width // self.heads) ** -0.5
        read = scores.masked_fill(~mask, -1e9).softmax(dim=-1).to(v.dtype) @ v
        x = x + self.attn_output(read.transpose(1, 2).reshape(rows, length, width))
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))


class Llama(nn.Module):
    """Tokens of packed conversations in, hidden states out; ``logits`` reads the tied head."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocab, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, shape.norm_eps)
        self.register_buffer("angles", _angles(shape), persistent=False)
        self.reset()

    def reset(self) -> None:
        """Normal weights of 0.02; what writes into the residual stream is smaller by its depth."""
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                deep = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(weight, std=0.02 / ((2 * self.shape.layers) ** 0.5 if deep else 1.0))

    def forward(self, tokens: Tensor, positions: Tensor, documents: Tensor) -> Tensor:
        """``int64[rows, length]`` three times → ``float32[rows, length, width]``, normed.

        A token sees earlier tokens of its own document only; positions count from each document's start.
        """
        length = tokens.shape[1]
        earlier = torch.ones(length, length, dtype=torch.bool, device=tokens.device).tril()
        mask = (documents[:, None, :, None] == documents[:, None, None, :]) & earlier
        angles = self.angles[positions][:, None]  # type: ignore[index]
        x = self.token_embd(tokens)
        for block in self.blk:
            x = block(x, (angles.cos(), angles.sin()), mask)
        return self.output_norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores over the vocabulary."""
        return F.linear(hidden, self.token_embd.weight)


def _angles(shape: Shape) -> Tensor:
    rates = shape.rope_theta ** (-torch.arange(0, shape.head_width, 2).float() / shape.head_width)
    return torch.outer(torch.arange(shape.context).float(), rates)


def _rotate(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    cos, sin = (part.to(x.dtype) for part in turn)
    low, high = x.chunk(2, dim=-1)
    return torch.cat((low * cos - high * sin, high * cos + low * sin), dim=-1)
