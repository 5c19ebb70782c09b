"""LoRA adapters as GGUF, from arrays or from a PEFT folder.

The scale llama.cpp applies is alpha ÷ rank; the format has no other. Knows nothing of whether an adapter is any good.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from a3x.errors import ForeignFile
from a3x.gguf import names
from a3x.gguf.read import Weights
from a3x.gguf.safetensors_file import read_safetensors

_UNSAYABLE = {
    "use_rslora": "rank-stabilised scaling",
    "alpha_pattern": "an alpha a layer",
    "rank_pattern": "a rank a layer",
    "use_dora": "DoRA",
    "modules_to_save": "whole trained modules",
    "bias": "trained biases",
    "lora_bias": "biases of the pairs",
    "fan_in_fan_out": "transposed weights",
    "trainable_token_indices": "trained tokens",
    "layer_replication": "repeated layers",
    "target_parameters": "adapted bare parameters",
    "use_qalora": "grouped adapters",
    "use_bdlora": "block-diagonal adapters",
    "alora_invocation_tokens": "activation by tokens",
    "kasa_config": "KaSA",
    "monteclora_config": "MonteCLoRA",
    "arrow_config": "Arrow routing",
}
"""Settings of a PEFT LoRA whose effect the GGUF format has no place for."""
_CHANGES_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")
"""Initialisations that alter the base weights: the pair alone is then not the whole change."""


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


def from_peft(adapter: Path, base: Path, out: Path, name: str = "") -> None:
    """Convert a PEFT folder (``adapter_config.json``, ``adapter_model.safetensors``) for ``base`` to a GGUF LoRA.

    Raises ForeignFile for whatever the format cannot say: rank-stabilised scaling, per-layer ranks or alphas, DoRA,
    whole trained modules, biases; and for tensors that are no matrix of ``base``.
    """
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    _refuse_unsayable(config)
    shape = Weights(base).shape
    halves = _read_halves(adapter / "adapter_model.safetensors")
    pairs = {}
    for module, (a, b) in sorted(halves.items()):
        tensor = names.to_gguf(module)
        if tensor is None or a is None or b is None or tensor.startswith("token_embd"):
            raise ForeignFile(f"the adapter's {module} is not a pair on a matrix that llama.cpp can adapt")
        heads = names.rotated_heads(tensor, shape.heads, shape.key_heads)
        pairs[f"{tensor}.weight"] = (a, names.to_pairs(b, heads) if heads else b)
    if not pairs:
        raise ForeignFile("the adapter holds no LoRA pair")
    write(out, "llama", float(config["lora_alpha"]), pairs, name)


def _refuse_unsayable(config: Mapping[str, Any]) -> None:
    if config.get("peft_type") != "LORA":
        raise ForeignFile(f"the adapter is {config.get('peft_type')!r}, not LoRA")
    if "lora_alpha" not in config or "r" not in config:
        raise ForeignFile("the adapter does not state r and lora_alpha")
    for key, meaning in _UNSAYABLE.items():
        if config.get(key) not in (None, False, [], {}, "none"):
            raise ForeignFile(f"a GGUF LoRA cannot say {meaning} ({key} = {config[key]!r})")
    start = config.get("init_lora_weights")
    if isinstance(start, str) and start.startswith(_CHANGES_BASE):
        raise ForeignFile(f"the adapter was started by {start!r}, which changes the base")


def _read_halves(path: Path) -> dict[str, list[NDArray[np.float32] | None]]:
    """Module name → its A and B, of which either may be missing."""
    halves: dict[str, list[NDArray[np.float32] | None]] = {}
    for name, values in read_safetensors(path).items():
        module, _, half = name.removeprefix("base_model.model.").removesuffix(".weight").rpartition(".lora_")
        if half not in ("A", "B") or values.ndim != 2:
            raise ForeignFile(f"the adapter holds {name!r}, which is not half of a LoRA pair")
        halves.setdefault(module, [None, None])["AB".index(half)] = values
    return halves
