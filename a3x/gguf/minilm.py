"""Writes the sentence encoder all-MiniLM-L6-v2 as a GGUF that llama.cpp embeds with. Runs once, in a process of its own.

``python -m a3x.gguf.minilm FOLDER OUT`` is how the installer calls it. Any BERT of the same layout can be written;
only the published weights, known by their hashes, get the name. numpy and the gguf package, no training library.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from gguf.constants import TokenType
from numpy.typing import NDArray

from a3x.disk import file_sha256
from a3x.errors import A3XError, ForeignFile
from a3x.gguf.safetensors_file import read_safetensors

WEIGHTS, VOCABULARY = "model.safetensors", "vocab.txt"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    VOCABULARY: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
"""The published files, sentence-transformers/all-MiniLM-L6-v2."""

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
UNUSED = ("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias")
"""The mean is taken over the last layer; BERT's own pooler is not part of the sentence encoder."""

WORD_START = "\u2581"
"""llama.cpp puts this before every word; BERT's vocabulary marks the pieces that do *not* begin one."""


@dataclass(frozen=True)
class Shape:
    """What the weights themselves do not say."""

    name: str
    heads: int
    norm_eps: float


MINILM = Shape("all-MiniLM-L6-v2", heads=12, norm_eps=1e-12)


def convert(folder: Path, out: Path) -> None:
    """The published files in ``folder`` → ``out``, which appears whole or not at all. ForeignFile if a hash is wrong."""
    for name, expected in SHA256.items():
        path = folder / name
        if not path.is_file():
            raise ForeignFile(f"{name} is missing from {folder}")
        digest = file_sha256(path)
        if digest != expected:
            raise ForeignFile(f"{name} has sha256 {digest}, expected {expected}: these are not the published weights")
    tokens = (folder / VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1]
    write(out, read_safetensors(folder / WEIGHTS, skip=UNUSED), tokens, MINILM)


def write(out: Path, weights: dict[str, NDArray[np.float32]], tokens: list[str], shape: Shape) -> None:
    """A BERT with mean pooling: F16 matrices, F32 vectors and tables. ``weights`` under transformers' names."""
    partial = out.with_name(out.name + ".partial")
    layers = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer."))
    writer = gguf.GGUFWriter(partial, "bert")
    _header(writer, weights, shape, layers)
    _vocabulary(writer, tokens)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, layers)
    for name in sorted(weights):
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if target is None:
            raise ForeignFile(f"tensor {name!r} has no place in a BERT")
        values = weights[name]
        writer.add_tensor(target, values.astype(np.float16) if _is_matrix(target, values) else values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(out)


def _header(writer: gguf.GGUFWriter, weights: dict[str, NDArray[np.float32]], shape: Shape, layers: int) -> None:
    positions, width = weights["embeddings.position_embeddings.weight"].shape
    writer.add_name(shape.name)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_block_count(layers)
    writer.add_context_length(positions)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(weights["encoder.layer.0.intermediate.dense.weight"].shape[0])
    writer.add_head_count(shape.heads)
    writer.add_layer_norm_eps(shape.norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_token_type_count(weights["embeddings.token_type_embeddings.weight"].shape[0])


def _vocabulary(writer: gguf.GGUFWriter, tokens: list[str]) -> None:
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([_piece(token) for token in tokens])
    writer.add_token_types([TokenType.CONTROL if token in SPECIAL else TokenType.NORMAL for token in tokens])
    pad, unknown, begin, end, mask = (tokens.index(token) for token in SPECIAL)
    writer.add_pad_token_id(pad)
    writer.add_unk_token_id(unknown)
    writer.add_bos_token_id(begin)
    writer.add_sep_token_id(end)
    writer.add_mask_token_id(mask)


def _piece(token: str) -> str:
    """``##ing`` → ``ing``, ``walk`` → ``▁walk``; control tokens stay."""
    if token in SPECIAL:
        return token
    return token[2:] if token.startswith("##") else WORD_START + token


def _is_matrix(target: str, values: NDArray[np.float32]) -> bool:
    """Tables that are added, not multiplied, stay exact; they are small."""
    return values.ndim == 2 and not target.startswith(("position_embd", "token_types"))


def main(arguments: list[str]) -> int:
    folder, out = map(Path, arguments)
    try:
        convert(folder, out)
    except A3XError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
