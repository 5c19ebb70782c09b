"""Model sizes from the header: against the library that wrote the file, and on headers that are broken."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from a3x import resources
from a3x.errors import ForeignFile
from a3x.gguf.sizes import read_sizes
from tests.support import tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("sizes") / "tiny.gguf", key_heads=1)


def test_agrees_with_the_library(model: Path) -> None:
    found = read_sizes(model)
    tensors = gguf.GGUFReader(model).tensors
    layers = [sum(int(t.n_bytes) for t in tensors if t.name.startswith(f"blk.{i}.")) for i in range(tiny.LAYERS)]
    assert list(found.layer_bytes) == layers
    assert found.weight_bytes == sum(int(tensor.n_bytes) for tensor in tensors)
    matrices = [t for t in tensors if t.name.startswith("blk.") and len(t.shape) == 2]
    assert found.adapter_numbers == sum(int(sum(tensor.shape)) for tensor in matrices)
    assert (found.layers, found.width, found.heads, found.head_width) == (2, 64, 2, 32)
    assert found.kv_widths == (64, 64)  # one head of 32 for keys, one for values
    assert found.trained_context == tiny.CONTEXT
    assert found.vocab == len(tiny.vocabulary()[0])
    assert found.head_bytes == found.embedding_bytes > 0 == found.output_bytes


def test_the_seed() -> None:
    found = read_sizes(resources.seed_model())
    assert found.layers > 0
    assert found.weight_bytes < resources.seed_model().stat().st_size < found.weight_bytes + (1 << 20)


def test_whether_weights_are_quantised(model: Path, tmp_path: Path) -> None:
    assert not read_sizes(model).quantised and not read_sizes(resources.seed_model()).quantised
    reader, path = gguf.GGUFReader(model), tmp_path / "q8.gguf"
    kind = gguf.GGMLQuantizationType.Q8_0
    writer = gguf.GGUFWriter(path, "llama")
    for key, entry in reader.fields.items():
        if not key.startswith("GGUF.") and key != "general.architecture":
            writer.add_key_value(key, entry.contents(), entry.types[0], sub_type=(entry.types[1:] or [None])[-1])
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        if tensor.name == "blk.1.ffn_up.weight":
            writer.add_tensor(tensor.name, gguf.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(tensor.name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert read_sizes(path).quantised


def test_heads_may_differ_from_layer_to_layer(tmp_path: Path) -> None:
    path = tmp_path / "mixed.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(512)
    writer.add_embedding_length(64)
    writer.add_block_count(2)
    writer.add_array("llama.attention.head_count", [4, 4])
    writer.add_array("llama.attention.head_count_kv", [4, 1])
    writer.add_key_length(32)
    writer.add_value_length(16)
    writer.add_token_list([f"t{number}" for number in range(5000)])  # long enough to be stepped over
    writer.add_tensor("token_embd.weight", np.zeros((5000, 64), np.float16))
    writer.add_tensor("output.weight", np.zeros((5000, 64), np.float32))
    writer.add_tensor("blk.0.ffn_up.weight", np.zeros((8, 64), np.float32))
    writer.add_tensor("blk.1.ffn_up.weight", np.zeros((8, 64), np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found = read_sizes(path)
    assert found.kv_widths == (4 * 48, 48)
    assert found.layer_bytes == (8 * 64 * 4, 8 * 64 * 2)
    assert (found.vocab, found.output_bytes, found.head_bytes) == (5000, 5000 * 64 * 4, 5000 * 64 * 4)


@pytest.mark.parametrize("data", [b"", b"GGUF", b"nope" * 20, b"GGUF\x03\x00\x00\x00" + b"\xff" * 64])
def test_what_is_no_gguf_is_foreign(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.gguf").write_bytes(data)
    with pytest.raises(ForeignFile, match=r"x\.gguf"):
        read_sizes(tmp_path / "x.gguf")


def test_a_missing_file_is_foreign(tmp_path: Path) -> None:
    with pytest.raises(ForeignFile, match="cannot be read"):
        read_sizes(tmp_path / "none.gguf")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 3000), at=st.integers(0, 3000), value=st.integers(0, 255))
def test_a_broken_header_is_foreign_or_read_and_nothing_else(
    model: Path, tmp_path: Path, cut: int, at: int, value: int
) -> None:
    data = bytearray(model.read_bytes())
    data[at] = value
    (tmp_path / "broken.gguf").write_bytes(data[: len(data) - cut * 100])
    try:
        read_sizes(tmp_path / "broken.gguf")
    except ForeignFile as error:
        assert "broken.gguf" in str(error)
