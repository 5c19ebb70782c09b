"""Writes LoRA adapters as GGUF. The scale llama.cpp applies is alpha ÷ rank; no other scaling exists in the format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray


def write(
    path: Path,
    architecture: str,
    alpha: float,
    pairs: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]],
    name: str = "",
) -> None:
    """Write ``pairs``: GGUF tensor name of the base → (A float32[r, in], B float32[out, r]); rows in GGUF's q/k order.

    Format: llama.cpp ``gguf-py`` adapter files, ``general.type = adapter``.
    """
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    if name:
        writer.add_name(name)
    for tensor, (a, b) in pairs.items():
        writer.add_tensor(f"{tensor}.lora_a", np.ascontiguousarray(a, dtype=np.float32))
        writer.add_tensor(f"{tensor}.lora_b", np.ascontiguousarray(b, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
