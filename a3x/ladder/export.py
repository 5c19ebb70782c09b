"""Writes and reads the seed as GGUF (architecture ``llama``), with or without tensors.

Knows tensor layout and metadata keys; knows nothing of training. Tensor names are the model's own parameter names.
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import sentencepiece
import torch
from gguf.constants import TokenType
from torch import Tensor

from a3x.ladder.recipe import Shape
from a3x.ladder.tokenizer import BEGIN, END, TEMPLATE, UNKNOWN, USER_DEFINED

AUTHOR = "A³X project"


def write(path: Path, shape: Shape, pieces: bytes, weights: dict[str, Tensor] | None, name: str) -> None:
    """Write a GGUF: F16 matrices, F32 norms; without ``weights`` the vocabulary alone. Replaces ``path`` atomically."""
    partial = path.with_name(path.name + ".partial")
    writer = gguf.GGUFWriter(partial, "llama")
    _metadata(writer, shape, name)
    _vocabulary(writer, pieces)
    for tensor_name, weight in (weights or {}).items():
        writer.add_tensor(tensor_name, _stored(tensor_name, weight, shape.heads))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(path)


def read(path: Path) -> tuple[Shape, dict[str, Tensor]]:
    """The shape and float32 weights of a GGUF that ``write`` made."""
    reader = gguf.GGUFReader(path)

    def number(key: str) -> float:
        return reader.fields[f"llama.{key}"].contents()

    heads = int(number("attention.head_count"))
    weights = {}
    for tensor in reader.tensors:
        values = torch.from_numpy(np.array(tensor.data, dtype=np.float32))
        weights[tensor.name] = _halves(values, heads) if _turned(tensor.name) else values
    shape = Shape(
        vocab=int(number("vocab_size")),
        width=int(number("embedding_length")),
        layers=int(number("block_count")),
        heads=heads,
        ffn=int(number("feed_forward_length")),
        context=int(number("context_length")),
        rope_theta=float(number("rope.freq_base")),
        # Stored as float32: 1e-5 comes back as 9.99999975e-06.
        norm_eps=float(f"{number('attention.layer_norm_rms_epsilon'):.6g}"),
    )
    return shape, weights


def rewrite(source: Path, target: Path, weights: dict[str, Tensor]) -> None:
    """Write ``source`` again with other weights of the same shapes, its metadata and vocabulary unchanged."""
    reader = gguf.GGUFReader(source)
    target.write_bytes(source.read_bytes())
    heads = int(reader.fields["llama.attention.head_count"].contents())
    with target.open("r+b") as file:
        for tensor in reader.tensors:
            file.seek(tensor.data_offset)
            file.write(_stored(tensor.name, weights[tensor.name], heads).tobytes())


def _metadata(writer: gguf.GGUFWriter, shape: Shape, name: str) -> None:
    writer.add_name(name)
    writer.add_author(AUTHOR)
    writer.add_license(AUTHOR)
    writer.add_languages(["en", "pt"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(shape.norm_eps)
    writer.add_vocab_size(shape.vocab)


def _vocabulary(writer: gguf.GGUFWriter, pieces: bytes) -> None:
    model = sentencepiece.SentencePieceProcessor(model_proto=pieces)
    count = model.get_piece_size()
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([model.id_to_piece(i).encode() for i in range(count)])
    writer.add_token_scores([model.get_score(i) for i in range(count)])
    writer.add_token_types([_type(model, i) for i in range(count)])
    end = model.piece_to_id(END)
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(end)
    writer.add_eot_token_id(end)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)


def _type(model: sentencepiece.SentencePieceProcessor, token: int) -> int:
    if model.is_unknown(token):
        return TokenType.UNKNOWN
    if model.is_control(token):
        return TokenType.CONTROL
    if model.is_byte(token):
        return TokenType.BYTE
    return TokenType.USER_DEFINED if model.id_to_piece(token) in USER_DEFINED else TokenType.NORMAL


def _stored(name: str, weight: Tensor, heads: int) -> np.ndarray:
    values = weight.detach().float().cpu()
    if _turned(name):
        values = _pairs(values, heads)
    array = values.contiguous().numpy()
    return array.astype(np.float16) if array.ndim == 2 else array


def _turned(name: str) -> bool:
    return name.endswith(("attn_q.weight", "attn_k.weight"))


def _pairs(weight: Tensor, heads: int) -> Tensor:
    """Rows from the half-split rotary layout to llama.cpp's layout of adjacent pairs."""
    rows, columns = weight.shape
    return weight.view(heads, 2, rows // heads // 2, columns).transpose(1, 2).reshape(rows, columns)


def _halves(weight: Tensor, heads: int) -> Tensor:
    """The inverse of ``_pairs``."""
    rows, columns = weight.shape
    return weight.view(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns)
