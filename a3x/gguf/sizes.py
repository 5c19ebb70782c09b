"""How large a model is, from its GGUF header alone: layers, widths, bytes of each layer. Pure Python, reads no weights.

For planning what fits before anything is loaded. The format is ggml's docs/gguf.md; sizes of tensors come from their
offsets, so a quantisation that did not exist when this was written is counted right (padding included).
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from a3x.errors import ForeignFile

MAGIC = b"GGUF"
SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9
LONGEST_KEPT = 4096
"""Longer arrays are vocabularies: stepped over, not kept."""
MOST_DIMENSIONS = 4
MOST_LAYERS = 10_000
PLAIN_TYPES = (0, 1, 30)
"""F32, F16, BF16 (ggml.h): numbers of their own, not blocks that share a scale."""


@dataclass(frozen=True)
class Sizes:
    """What planning needs to know. Bytes are those of the file; ``kv_widths`` counts, per layer, the key and value
    numbers that one token leaves in memory; ``adapter_numbers`` how many an adapter of rank 1 on every matrix has;
    ``quantised`` whether any tensor is.
    """

    architecture: str
    trained_context: int
    width: int
    ffn: int
    heads: int
    head_width: int
    vocab: int
    kv_widths: tuple[int, ...]
    layer_bytes: tuple[int, ...]
    embedding_bytes: int
    output_bytes: int
    other_bytes: int
    adapter_numbers: int
    quantised: bool = False

    @property
    def layers(self) -> int:
        return len(self.layer_bytes)

    @property
    def head_bytes(self) -> int:
        """What the output layer needs: its own matrix, or a copy of the embeddings where it shares them."""
        return self.output_bytes or self.embedding_bytes

    @property
    def weight_bytes(self) -> int:
        return sum(self.layer_bytes) + self.embedding_bytes + self.output_bytes + self.other_bytes


@dataclass(frozen=True)
class _Tensor:
    name: str
    shape: tuple[int, ...]
    offset: int
    kind: int


def read_sizes(path: Path) -> Sizes:
    """Read the header. ForeignFile if it is not a whole one, or does not say what every model says."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            values, tensors, end = _Header(data).read()
            return _sizes(values, tensors, len(data) - end)
    except (struct.error, LookupError, ValueError, TypeError, ArithmeticError) as error:
        raise ForeignFile(f"{path.name} is not a whole GGUF: {type(error).__name__}: {error}") from error
    except OSError as error:
        raise ForeignFile(f"{path} cannot be read: {error.strerror}") from error


class _Header:
    """Walks the header once. Whatever a broken one makes it stumble over is raised as it comes."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def read(self) -> tuple[dict[str, Any], list[_Tensor], int]:
        """Values, tensors, and where the tensors' data begins."""
        if self._data[:4] != MAGIC:
            raise ValueError("it does not begin with GGUF")
        self._at = 4
        version, tensor_count, value_count = self._take("<I"), self._take("<Q"), self._take("<Q")
        if version not in (2, 3):
            raise ValueError(f"version {version}")
        values: dict[str, Any] = {}
        for _ in range(value_count):
            key = self._text()
            values[key] = self._value(self._take("<I"))
        tensors = [self._tensor() for _ in range(tensor_count)]
        alignment = int(values.get("general.alignment", 32))
        return values, tensors, -(-self._at // alignment) * alignment

    def _take(self, form: str) -> Any:
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return value

    def _text(self) -> str:
        length = self._take("<Q")
        text = self._data[self._at : self._at + length]
        if len(text) < length:
            raise ValueError("a text runs past the end")
        self._at += length
        return text.decode("utf-8", "replace")

    def _value(self, kind: int) -> Any:
        if kind == STRING:
            return self._text()
        if kind == ARRAY:
            return self._array(self._take("<I"), self._take("<Q"))
        return self._take(SCALARS[kind])

    def _array(self, kind: int, count: int) -> list[Any] | None:
        if count > len(self._data) or kind == ARRAY:
            raise ValueError(f"an array of {count} of kind {kind}")
        if count <= LONGEST_KEPT:
            return [self._value(kind) for _ in range(count)]
        if kind in SCALARS:
            self._at += count * struct.calcsize(SCALARS[kind])
        elif kind == STRING:
            self._skip_texts(count)
        else:
            raise ValueError(f"a long array of kind {kind}")
        return None

    def _skip_texts(self, count: int) -> None:
        """Vocabularies have hundreds of thousands: the loop is kept small."""
        data, at, unpack = self._data, self._at, struct.Struct("<Q").unpack_from
        for _ in range(count):
            at += 8 + unpack(data, at)[0]
        self._at = at

    def _tensor(self) -> _Tensor:
        name = self._text()
        dimensions = self._take("<I")
        if dimensions > MOST_DIMENSIONS:
            raise ValueError(f"tensor {name!r} has {dimensions} dimensions")
        shape = tuple(self._take("<Q") for _ in range(dimensions))
        kind = self._take("<I")  # the bytes come from the offsets, so that unknown ones are counted right
        return _Tensor(name, shape, self._take("<Q"), kind)


def _sizes(values: Mapping[str, Any], tensors: Sequence[_Tensor], data_bytes: int) -> Sizes:
    architecture = str(values["general.architecture"])

    def stated(key: str, default: Any = None) -> Any:
        value = values.get(f"{architecture}.{key}", default)
        if value is None:
            raise ValueError(f"{architecture}.{key} is not stated")
        return value

    layers, width = int(stated("block_count")), int(stated("embedding_length"))
    if not 0 < layers <= MOST_LAYERS:
        raise ValueError(f"{layers} layers")
    heads = _each(stated("attention.head_count", 1), layers)
    key_heads = _each(stated("attention.head_count_kv", list(heads)), layers)
    key = int(stated("attention.key_length", width // max(1, *heads)))
    value = int(stated("attention.value_length", key))
    by_name = dict(zip((tensor.name for tensor in tensors), _lengths(tensors, data_bytes), strict=True))
    layer_bytes, adapter_numbers = [0] * layers, 0
    for tensor in tensors:
        if found := re.match(r"blk\.(\d+)\.", tensor.name):
            layer_bytes[min(int(found.group(1)), layers - 1)] += by_name.pop(tensor.name)
            if len(tensor.shape) == 2:
                adapter_numbers += sum(tensor.shape)
    shapes = {tensor.name: tensor.shape for tensor in tensors}
    return Sizes(
        architecture=architecture,
        trained_context=int(stated("context_length")),
        width=width,
        ffn=max(_each(stated("feed_forward_length", 4 * width), layers)),
        heads=max(heads),
        head_width=key,
        vocab=int(shapes["token_embd.weight"][1]),
        kv_widths=tuple(count * (key + value) for count in key_heads),
        layer_bytes=tuple(layer_bytes),
        embedding_bytes=by_name.pop("token_embd.weight"),
        output_bytes=by_name.pop("output.weight", 0),
        other_bytes=sum(by_name.values()),
        adapter_numbers=adapter_numbers,
        quantised=any(tensor.kind not in PLAIN_TYPES for tensor in tensors),
    )


def _each(stated: Any, layers: int) -> tuple[int, ...]:
    """One number a layer; some architectures state one for all, some a list."""
    return tuple(int(one) for one in stated) if isinstance(stated, list) else (int(stated),) * layers


def _lengths(tensors: Sequence[_Tensor], data_bytes: int) -> list[int]:
    """Bytes of each tensor: up to where the next one begins."""
    if not tensors:
        raise ValueError("it holds no tensors")
    if any(tensor.offset >= data_bytes for tensor in tensors):
        raise ValueError("a tensor begins past the end of the file")
    starts = sorted({tensor.offset for tensor in tensors})
    ends = dict(zip(starts, [*starts[1:], data_bytes], strict=True))
    return [ends[tensor.offset] - tensor.offset for tensor in tensors]
