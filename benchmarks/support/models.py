"""Models that never stop talking: the seed's shape and weights, or a larger random one, without end or control tokens.

Whoever measures tokens a second wants answers of a known length. The head is made its own tensor (the seed's is tied to
the embeddings, and as large), with nothing in the rows of control tokens, so that greedy decoding never draws one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from a3x import resources

CONTEXT_TOKENS = 2048
CONTROL = int(gguf.TokenType.CONTROL)
LARGE = {"llama.embedding_length": 768, "llama.block_count": 14, "llama.feed_forward_length": 2048,
         "llama.attention.head_count": 12, "llama.attention.head_count_kv": 12}  # fmt: skip
"""With the seed's vocabulary of 4 096: 105 M parameters."""


def talkative_seed(path: Path) -> Path:
    """The seed model, talking on for as long as it may."""
    reader = gguf.GGUFReader(resources.seed_model())
    writer = _writer(path, reader, {})
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    embeddings = next(tensor for tensor in reader.tensors if tensor.name == "token_embd.weight")
    writer.add_tensor("output.weight", _silenced(np.array(embeddings.data), reader))
    return _finish(path, writer)


def talkative_large(path: Path) -> Path:
    """A random Llama of 105 M parameters, F16, with the seed's vocabulary."""
    reader = gguf.GGUFReader(resources.seed_model())
    writer = _writer(path, reader, LARGE)
    rng = np.random.default_rng(1)
    width, ffn = LARGE["llama.embedding_length"], LARGE["llama.feed_forward_length"]
    vocabulary = len(reader.fields["tokenizer.ggml.tokens"].data)

    def normal(rows: int, columns: int) -> NDArray[np.float16]:
        return (rng.standard_normal((rows, columns), np.float32) / np.sqrt(columns)).astype(np.float16)

    writer.add_tensor("token_embd.weight", normal(vocabulary, width))
    writer.add_tensor("output.weight", _silenced(normal(vocabulary, width), reader))
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    for layer in range(LARGE["llama.block_count"]):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(width, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", normal(width, width))
        for name, rows, columns in (("ffn_gate", ffn, width), ("ffn_up", ffn, width), ("ffn_down", width, ffn)):
            writer.add_tensor(f"blk.{layer}.{name}.weight", normal(rows, columns))
    return _finish(path, writer)


def _writer(path: Path, reader: gguf.GGUFReader, changed: dict[str, Any]) -> gguf.GGUFWriter:
    """The seed's metadata with other figures in some places."""
    writer = gguf.GGUFWriter(path, "llama")
    changed = {"llama.context_length": CONTEXT_TOKENS, **changed}
    for key, entry in reader.fields.items():
        if key.startswith("GGUF.") or key == "general.architecture":
            continue
        kind, *inner = entry.types
        value = changed.get(key, entry.contents())
        writer.add_key_value(key, value, kind, sub_type=inner[-1] if inner else None)
    return writer


def _silenced(head: NDArray[np.float16], reader: gguf.GGUFReader) -> NDArray[np.float16]:
    kinds = reader.fields["tokenizer.ggml.token_type"].contents()
    head[[token for token, kind in enumerate(kinds) if kind == CONTROL]] = 0.0
    return head


def _finish(path: Path, writer: gguf.GGUFWriter) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
