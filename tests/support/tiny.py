"""A random Llama of a few hundred kilobytes and random adapters for it, written as GGUF in milliseconds."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

import a3x.gguf.lora

WIDTH, LAYERS, HEADS, FFN, CONTEXT = 64, 2, 2, 128, 512
TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
CONTROLS = ("<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|end|>")


def vocabulary() -> tuple[list[bytes], list[float], list[int]]:
    """Specials, controls, 256 bytes, then printable pieces."""
    tokens, kinds = [b"<unk>", b"<s>", b"</s>"], [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * 2]
    for control in CONTROLS:
        tokens.append(control.encode())
        kinds.append(gguf.TokenType.CONTROL)
    for byte in range(256):
        tokens.append(f"<0x{byte:02X}>".encode())
        kinds.append(gguf.TokenType.BYTE)
    pieces = [*"abcdefghijklmnopqrstuvwxyz0123456789.,?!", "▁", "▁a", "▁t", "he", "in", "er", "é", "ção"]
    for piece in pieces:
        tokens.append(piece.encode())
        kinds.append(gguf.TokenType.NORMAL)
    scores = [0.0] * (len(tokens) - len(pieces)) + [-float(rank) for rank in range(len(pieces))]
    return tokens, scores, [int(kind) for kind in kinds]


def write_model(
    path: Path,
    seed: int = 0,
    width: int = WIDTH,
    template: str = TEMPLATE,
    key_heads: int = HEADS,
    spread: float = 0.3,
    embedding: float = 1.0,
) -> Path:
    """A model whose greedy answers are noise, but always the same noise.

    ``spread`` is of the matrices' entries, ``embedding`` of the embeddings'.
    """
    rng = np.random.default_rng(seed)
    tokens, scores, kinds = vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny-test")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(width)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FFN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(key_heads)
    writer.add_rope_dimension_count(width // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(tokens.index(b"<|end|>"))
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(template)

    def normal(*shape: int, scale: float = spread) -> np.ndarray:
        return rng.normal(0.0, scale, shape).astype(np.float32)

    writer.add_tensor("token_embd.weight", normal(len(tokens), width, scale=embedding))
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    for layer in range(LAYERS):
        prefix = f"blk.{layer}."
        writer.add_tensor(prefix + "attn_norm.weight", np.ones(width, np.float32))
        writer.add_tensor(prefix + "ffn_norm.weight", np.ones(width, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            rows = width * key_heads // HEADS if name in ("attn_k", "attn_v") else width
            writer.add_tensor(f"{prefix}{name}.weight", normal(rows, width))
        writer.add_tensor(prefix + "ffn_gate.weight", normal(FFN, width))
        writer.add_tensor(prefix + "ffn_up.weight", normal(FFN, width))
        writer.add_tensor(prefix + "ffn_down.weight", normal(width, FFN))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_pupil(path: Path, seed: int = 0) -> Path:
    """A model that is quick to teach: weights so small that a LoRA of eighty steps learns ten lessons by heart."""
    return write_model(path, seed, width=128, spread=0.1, embedding=0.2)


def write_adapter(path: Path, base: Path, seed: int, rank: int = 4, strength: float = 0.7) -> Path:
    """A random adapter on every attention projection of ``base``; its change is ``strength`` × the weights' spread."""
    rng = np.random.default_rng(seed)
    pairs = {}
    for tensor in gguf.GGUFReader(base).tensors:
        if not any(part in tensor.name for part in ("attn_q.", "attn_k.", "attn_v.", "attn_output.")):
            continue
        weights = gguf.dequantize(tensor.data, tensor.tensor_type)
        spread = float(np.sqrt(strength * weights.std() / (2.0 * np.sqrt(rank))))
        rows, columns = weights.shape
        pairs[tensor.name] = (
            rng.normal(0.0, spread, (rank, columns)).astype(np.float32),
            rng.normal(0.0, spread, (rows, rank)).astype(np.float32),
        )
    a3x.gguf.lora.write(path, "llama", alpha=float(2 * rank), pairs=pairs)
    return path
