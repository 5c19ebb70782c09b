"""Tensor names and row orders of the ``llama`` architecture: transformers' against GGUF's. Knows no file.

llama.cpp rotates adjacent pairs of a head's rows, transformers the two halves, so the rows of q and k are stored in
another order; whatever multiplies onto those rows, a LoRA's B too, must follow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_TOP = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}
_LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_TOP_BACK = {there: here for here, there in _TOP.items()}
_LAYER_BACK = {there: here for here, there in _LAYER.items()}


def to_gguf(module: str) -> str | None:
    """``model.layers.3.mlp.up_proj`` → ``blk.3.ffn_up``; None if the architecture has no such part."""
    if module in _TOP:
        return _TOP[module]
    head, _, rest = module.removeprefix("model.layers.").partition(".")
    known = module.startswith("model.layers.") and head.isdigit() and rest in _LAYER
    return f"blk.{head}.{_LAYER[rest]}" if known else None


def to_hf(tensor: str) -> str | None:
    """``blk.3.ffn_up`` → ``model.layers.3.mlp.up_proj``; None if the architecture has no such part."""
    if tensor in _TOP_BACK:
        return _TOP_BACK[tensor]
    head, _, rest = tensor.removeprefix("blk.").partition(".")
    known = tensor.startswith("blk.") and head.isdigit() and rest in _LAYER_BACK
    return f"model.layers.{head}.{_LAYER_BACK[rest]}" if known else None


def rotated_heads(tensor: str, heads: int, key_heads: int) -> int:
    """How many heads' rows of ``tensor`` (``blk.3.attn_q``) are rotated; 0 for tensors with rows in plain order."""
    part = tensor.rpartition(".")[2]
    return heads if part == "attn_q" else key_heads if part == "attn_k" else 0


def to_pairs(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """``[out, n]`` from transformers' order (halves) to GGUF's (adjacent pairs)."""
    out, columns = rows.shape
    return rows.reshape(heads, 2, out // heads // 2, columns).swapaxes(1, 2).reshape(out, columns)


def to_halves(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """The inverse of ``to_pairs``."""
    out, columns = rows.shape
    return rows.reshape(heads, out // heads // 2, 2, columns).swapaxes(1, 2).reshape(out, columns)
