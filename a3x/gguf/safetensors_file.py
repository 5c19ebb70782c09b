"""Reads a safetensors file with numpy alone, for the daemon has no training library. Checks bounds, not meaning."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from a3x.errors import ForeignFile

_WIDTHS = {"F32": 4, "F16": 2, "BF16": 2}
MAX_HEADER_BYTES = 16 << 20


def read_safetensors(path: Path, skip: Collection[str] = ()) -> dict[str, NDArray[np.float32]]:
    """Every tensor not named in ``skip`` as float32. Raises ForeignFile for a broken file or a type that is not F32, F16 or BF16.

    Format: u64 header size, JSON header of ``{name: {dtype, shape, data_offsets}}``, then the bytes, little endian.
    """
    unread = {"__metadata__", *skip}
    try:
        raw = path.read_bytes()
        size = int.from_bytes(raw[:8], "little")
        if size > min(MAX_HEADER_BYTES, len(raw) - 8):
            raise ForeignFile(f"{path.name}: the header claims {size} bytes")
        header = json.loads(raw[8 : 8 + size])
        body = memoryview(raw)[8 + size :]
        return {name: _tensor(name, entry, body) for name, entry in header.items() if name not in unread}
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:  # what a broken header makes us stumble over
        raise ForeignFile(f"{path.name} is not a whole safetensors file: {error}") from error


def _tensor(name: str, entry: dict, body: memoryview) -> NDArray[np.float32]:
    dtype, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    if dtype not in _WIDTHS:
        raise ForeignFile(f"tensor {name!r} is {dtype}; only F32, F16 and BF16 are read")
    if not 0 <= start <= end <= len(body) or end - start != _WIDTHS[dtype] * int(np.prod(shape, dtype=np.int64)):
        raise ForeignFile(f"tensor {name!r} does not fit its file")
    data = body[start:end]
    if dtype == "BF16":
        values = (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    else:
        values = np.frombuffer(data, "<f4" if dtype == "F32" else "<f2").astype(np.float32)
    return values.reshape(shape)
