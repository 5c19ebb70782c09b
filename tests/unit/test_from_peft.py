"""PEFT folders to GGUF: names, row orders, and everything the format cannot say. No training library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from a3x.errors import ForeignFile, NotImplementedHere
from a3x.gguf import lora, names
from a3x.gguf.read import Weights
from a3x.gguf.safetensors_file import read_safetensors
from tests.support import tiny

RANK = 2
MODULES = {"self_attn.q_proj": (64, 64), "self_attn.k_proj": (32, 64), "mlp.down_proj": (64, 128)}


def _safetensors(path: Path, tensors: dict[str, np.ndarray]) -> None:
    header, body = {}, b""
    for name, values in tensors.items():
        raw = np.ascontiguousarray(values, dtype=np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)


def _adapter(folder: Path, tensors: dict[str, np.ndarray] | None = None, **config: Any) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    if tensors is None:
        tensors = {}
        for module, (rows, columns) in MODULES.items():
            name = f"base_model.model.model.layers.1.{module}.lora_"
            tensors[f"{name}A.weight"] = rng.normal(size=(RANK, columns)).astype(np.float32)
            tensors[f"{name}B.weight"] = rng.normal(size=(rows, RANK)).astype(np.float32)
    _safetensors(folder / "adapter_model.safetensors", tensors)
    text = json.dumps({"peft_type": "LORA", "r": RANK, "lora_alpha": 6.0, "bias": "none", **config})
    (folder / "adapter_config.json").write_text(text)
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny.write_model(tmp_path / "base.gguf", key_heads=1)


def test_a_pair_keeps_its_product_in_the_bases_row_order(tmp_path: Path, base: Path) -> None:
    folder = _adapter(tmp_path / "adapter")
    lora.from_peft(folder, base, tmp_path / "out.gguf", "taught")
    reader = gguf.GGUFReader(tmp_path / "out.gguf")
    stored = {tensor.name: np.array(tensor.data) for tensor in reader.tensors}
    given = read_safetensors(folder / "adapter_model.safetensors")
    for module, heads in (("self_attn.q_proj", 2), ("self_attn.k_proj", 1), ("mlp.down_proj", 0)):
        tensor = names.to_gguf(f"model.layers.1.{module}")
        name = f"base_model.model.model.layers.1.{module}.lora_"
        product = given[f"{name}B.weight"] @ given[f"{name}A.weight"]
        expected = names.to_pairs(product, heads) if heads else product
        np.testing.assert_allclose(stored[f"{tensor}.weight.lora_b"] @ stored[f"{tensor}.weight.lora_a"], expected)
    assert len(stored) == 6
    alpha, title = reader.get_field("adapter.lora.alpha"), reader.get_field("general.name")
    assert alpha
    assert title
    assert (alpha.contents(), title.contents()) == (6.0, "taught")


def test_rows_are_paired_as_llama_cpp_rotates_them() -> None:
    rows = np.arange(8, dtype=np.float32)[:, None]
    assert names.to_pairs(rows, 2).ravel().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    assert names.to_halves(names.to_pairs(rows, 2), 2).tolist() == rows.tolist()


def test_every_name_goes_there_and_back(base: Path) -> None:
    for tensor in gguf.GGUFReader(base).tensors:
        part = tensor.name.removesuffix(".weight")
        module = names.to_hf(part)
        assert module
        assert names.to_gguf(module) == part
    assert names.to_gguf("model.layers.x.mlp.up_proj") is None
    assert names.to_hf("blk.1.ffn_gate_exps") is None


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"use_rslora": True}, "rank-stabilised"),
        ({"alpha_pattern": {"q_proj": 4}}, "alpha a layer"),
        ({"rank_pattern": {"q_proj": 4}}, "rank a layer"),
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "whole trained modules"),
        ({"bias": "lora_only"}, "biases"),
        ({"init_lora_weights": "pissa_niter_4"}, "changes the base"),
        ({"peft_type": "IA3"}, "not LoRA"),
    ],
)
def test_what_the_format_cannot_say_is_refused(tmp_path: Path, base: Path, config: dict[str, Any], reason: str) -> None:
    with pytest.raises(ForeignFile, match=reason):
        lora.from_peft(_adapter(tmp_path / "adapter", **config), base, tmp_path / "out.gguf")
    assert not (tmp_path / "out.gguf").exists()


@pytest.mark.parametrize(
    "name",
    [
        "base_model.model.model.embed_tokens.lora_A.weight",
        "base_model.model.model.layers.0.mlp.up_proj.lora_A.weight",  # without its B
        "base_model.model.model.layers.0.mlp.up_proj.lora_magnitude_vector.weight",
        "base_model.model.visual.proj.lora_A.weight",
    ],
)
def test_a_tensor_that_is_no_pair_of_the_base_is_refused(tmp_path: Path, base: Path, name: str) -> None:
    folder = _adapter(tmp_path / "adapter", {name: np.ones((RANK, 64), np.float32)})
    with pytest.raises(ForeignFile, match=r"pair"):
        lora.from_peft(folder, base, tmp_path / "out.gguf")


@pytest.mark.parametrize("cut", [0, 7, 40, -8])
def test_broken_safetensors_are_refused(tmp_path: Path, cut: int) -> None:
    path = _adapter(tmp_path / "adapter") / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ForeignFile):
        read_safetensors(path)


def test_only_llamas_are_read_for_training(tmp_path: Path) -> None:
    path = tmp_path / "other.gguf"
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_tensor("token_embd.weight", np.ones((4, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(NotImplementedHere, match="qwen2"):
        Weights(path)
