"""Does a model fit, and how fast can it be at best? Pure arithmetic on sizes; the engine's own plan decides what is allocated.

bytes = weights + KV cache + compute reserve. The ceiling of decoding is memory bandwidth ÷ bytes read a token: every
weight once, and the keys and values of the context so far. It is a bound, not a forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from a3x.hardware.amd import Card

CHUNK_TOKENS = 64
"""Tokens the engine computes at once; its buffers grow with them."""
KV_BYTES = {"f32": 4.0, "f16": 2.0, "q8_0": 34 / 32}
"""Bytes a number; Q8_0 keeps a 2-byte scale for 32 numbers."""
CARD_RESERVE_BYTES = 256 << 20
"""Driver, shaders and a desktop. An allowance: not measured on a card."""
MEMORY_RESERVE_BYTES = 2 << 30
"""Main memory left to everything else."""
BANDWIDTH_BYTES_S = {"gfx1034": 128e9}
"""By target: 64-bit GDDR6 at 16 Gbit/s a pin (RX 6400)."""
DEFAULT_CONTEXT = 4096
SHORT_CONTEXT = 1024
"""Less than this is no room for a conversation."""

Place = Literal["card", "main memory", "nowhere"]


@dataclass(frozen=True)
class Weights:
    """What the arithmetic needs of a model. ``kv_per_token``: numbers a token of context keeps, all layers."""

    size_bytes: int
    kv_per_token: int
    vocabulary: int
    context_tokens: int


@dataclass(frozen=True)
class Machine:
    """What may be filled. ``card_bytes`` 0: no card, or a build that cannot use it. Bandwidth None: not known."""

    card_bytes: int
    memory_bytes: int
    card_bandwidth: float | None = None
    memory_bandwidth: float | None = None


@dataclass(frozen=True)
class Fit:
    """Where a model can serve, with how much context (tokens), what that takes (bytes), how fast at best (tokens/s)."""

    place: Place
    context_tokens: int
    weights_bytes: int
    kv_bytes: int
    reserve_bytes: int
    ceiling_tok_s: float | None
    reason: str

    @property
    def total_bytes(self) -> int:
        return self.weights_bytes + self.kv_bytes + self.reserve_bytes


def machine(cards: Sequence[Card], memory_total_bytes: int, offload: bool) -> Machine:
    """From readings; ``offload``: whether the installed llama.cpp can use a card. The largest card counts."""
    card = max(cards, key=lambda one: one.vram_total_bytes or 0, default=None) if offload else None
    total = (card.vram_total_bytes or 0) if card else 0
    bandwidth = BANDWIDTH_BYTES_S.get(card.gfx_target or "") if card else None
    return Machine(total, memory_total_bytes, bandwidth)


def kv_bytes(kv_per_token: int, context_tokens: int, kv_type: str = "f16") -> int:
    return int(kv_per_token * context_tokens * KV_BYTES[kv_type])


def compute_bytes(vocabulary: int) -> int:
    """The buffers of a chunk: float32 logits and as much again for what flows between layers."""
    return 2 * CHUNK_TOKENS * vocabulary * 4


def ceiling_tok_s(bandwidth: float, size_bytes: int, kv: int = 0) -> float:
    """The most tokens a second that memory of ``bandwidth`` bytes a second can feed."""
    return bandwidth / (size_bytes + kv)


def fit(weights: Weights, on: Machine, kv_type: str = "f16", context_tokens: int = DEFAULT_CONTEXT) -> Fit:
    """The best place for a model: the card with the context asked for, with a shorter one, else main memory, else none."""
    wanted = min(context_tokens, weights.context_tokens)
    card = _in(weights, on.card_bytes - CARD_RESERVE_BYTES, kv_type)
    memory = _in(weights, on.memory_bytes - MEMORY_RESERVE_BYTES, kv_type)
    if on.card_bytes and card >= min(wanted, SHORT_CONTEXT):
        context = min(wanted, card)
        shorter = "" if context == wanted else f", with {context} tokens of context instead of {wanted}"
        return _fit(weights, "card", context, CARD_RESERVE_BYTES, on.card_bandwidth, kv_type, f"fits the card{shorter}")
    if memory >= min(wanted, SHORT_CONTEXT):
        context = min(wanted, memory)
        why = f"too large for the card's {on.card_bytes >> 20} MiB; " if on.card_bytes else ""
        reason = f"{why}fits main memory"
        return _fit(weights, "main memory", context, MEMORY_RESERVE_BYTES, on.memory_bandwidth, kv_type, reason)
    reason = f"needs more than the {max(on.card_bytes, on.memory_bytes) >> 20} MiB there are"
    return _fit(weights, "nowhere", wanted, CARD_RESERVE_BYTES, None, kv_type, reason)


def _in(weights: Weights, room: int, kv_type: str) -> int:
    """Tokens of context that fit beside the weights, in whole chunks; 0 if not even the weights do."""
    left = room - weights.size_bytes - compute_bytes(weights.vocabulary)
    if left <= 0:
        return 0
    token = weights.kv_per_token * KV_BYTES[kv_type]
    tokens = left / token if token else weights.context_tokens
    return int(min(tokens, weights.context_tokens)) // CHUNK_TOKENS * CHUNK_TOKENS


def _fit(
    weights: Weights, place: Place, context: int, reserve: int, bandwidth: float | None, kv_type: str, reason: str
) -> Fit:
    ceiling = ceiling_tok_s(bandwidth, weights.size_bytes) if bandwidth else None
    kv = kv_bytes(weights.kv_per_token, context, kv_type)
    return Fit(place, context, weights.size_bytes, kv, reserve + compute_bytes(weights.vocabulary), ceiling, reason)
