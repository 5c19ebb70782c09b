"""Reads the shape and the dequantised weights of a served GGUF, under transformers' names and row order.

Only what the trainer needs: the ``llama`` architecture without rotary scaling or experts; others are refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from a3x.errors import ForeignFile, NotImplementedHere
from a3x.gguf import names


@dataclass(frozen=True)
class Shape:
    """Sizes of a Llama, as its GGUF header states them."""

    vocab: int
    width: int
    layers: int
    heads: int
    key_heads: int
    head_width: int
    ffn: int
    context: int
    rope_theta: float
    norm_eps: float
    tied: bool


class Weights:
    """An open GGUF of a Llama. Raises NotImplementedHere for any other architecture, ForeignFile for a broken file."""

    def __init__(self, path: Path) -> None:
        try:
            self._reader = gguf.GGUFReader(path, "r")
        except Exception as error:  # the reader raises whatever a broken header makes it stumble over
            raise ForeignFile(f"{path.name} is not a whole GGUF: {type(error).__name__}: {error}") from error
        self.architecture: str = self._value("general.architecture", "")
        if self.architecture != "llama":
            raise NotImplementedHere(
                f"training is not implemented for architecture {self.architecture!r}, only 'llama'"
            )
        self.shape = self._shape()
        for tensor in self._reader.tensors:
            if names.to_hf(tensor.name.removesuffix(".weight")) is None:
                raise NotImplementedHere(f"training is not implemented for models with a tensor {tensor.name!r}")

    def __iter__(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Module name → float32 weights, ``[out, in]`` for matrices, one tensor in memory at a time."""
        for tensor in self._reader.tensors:
            part = tensor.name.removesuffix(".weight")
            values = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
            heads = names.rotated_heads(part, self.shape.heads, self.shape.key_heads)
            module = names.to_hf(part)
            assert module is not None
            # A copy, for F32 tensors are views of the mapped file, which a trainer must not hold or write to.
            yield module, np.array(names.to_halves(values, heads) if heads else values)

    def _shape(self) -> Shape:
        heads = int(self._need("attention.head_count"))
        width = int(self._need("embedding_length"))
        tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        if "token_embd.weight" not in tensors:
            raise ForeignFile("the model has no token embeddings")
        if self._value("llama.rope.scaling.type", "none") != "none":
            raise NotImplementedHere("training is not implemented for models with scaled rotary positions")
        head_width = int(self._value("llama.attention.key_length", width // heads))
        if int(self._value("llama.rope.dimension_count", head_width)) != head_width:
            raise NotImplementedHere("training is not implemented for models that rotate a part of each head")
        return Shape(
            vocab=int(tensors["token_embd.weight"].shape[1]),
            width=width,
            layers=int(self._need("block_count")),
            heads=heads,
            key_heads=int(self._value("llama.attention.head_count_kv", heads)),
            head_width=head_width,
            ffn=int(self._need("feed_forward_length")),
            context=int(self._need("context_length")),
            rope_theta=float(self._value("llama.rope.freq_base", 10_000.0)),
            norm_eps=float(self._need("attention.layer_norm_rms_epsilon")),
            tied="output.weight" not in tensors,
        )

    def _value(self, key: str, default: Any) -> Any:
        field = self._reader.get_field(key)
        return field.contents() if field else default

    def _need(self, key: str) -> Any:
        value = self._value(f"llama.{key}", None)
        if value is None:
            raise ForeignFile(f"the model does not state llama.{key}")
        return value
