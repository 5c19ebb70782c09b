"""BERT in numpy, written from the paper: what llama.cpp's vectors are compared with, and a tiny one made of chance.

Weights carry transformers' names. Mean over all tokens, length 1, as sentence encoders pool (Reimers & Gurevych 2019).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]

LETTERS = "abcdefgh"
TINY_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]


def embed(weights: Weights, ids: Sequence[int], heads: int, eps: float = 1e-12) -> NDArray[np.float64]:
    """float64[width], length 1."""

    def linear(x: NDArray, name: str) -> NDArray:
        return x @ weights[f"{name}.weight"].astype(np.float64).T + weights[f"{name}.bias"]

    def norm(x: NDArray, name: str) -> NDArray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    table = {name: weights[f"embeddings.{name}_embeddings.weight"].astype(np.float64) for name in _TABLES}
    x = norm(table["word"][list(ids)] + table["position"][: len(ids)] + table["token_type"][0], "embeddings.LayerNorm")
    for layer in range(1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder"))):
        at = f"encoder.layer.{layer}"
        q, k, v = (
            linear(x, f"{at}.attention.self.{part}").reshape(len(ids), heads, -1) for part in ("query", "key", "value")
        )
        scores = np.einsum("ihd,jhd->hij", q, k) / math.sqrt(q.shape[-1])
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        mixed = np.einsum("hij,jhd->ihd", shares, v).reshape(len(ids), -1)
        x = norm(x + linear(mixed, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        inner = _gelu(linear(x, f"{at}.intermediate.dense"))
        x = norm(x + linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    pooled = x.mean(0)
    return pooled / np.linalg.norm(pooled)


_TABLES = ("word", "position", "token_type")


def _gelu(x: NDArray) -> NDArray:
    return 0.5 * x * (1.0 + _erf(x / math.sqrt(2.0)))


def _erf(x: NDArray) -> NDArray:
    """Within 1.5e-7 (Abramowitz & Stegun 7.1.26)."""
    t = 1.0 / (1.0 + 0.3275911 * np.abs(x))
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    return np.sign(x) * (1.0 - series * np.exp(-(x**2)))


def tiny(seed: int, width: int = 64, layers: int = 2, positions: int = 64) -> Weights:
    """Weights of a tiny BERT over ``TINY_TOKENS``, drawn by ``seed``; every bias and norm differs from its default."""
    draw = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(TINY_TOKENS), width),
        "embeddings.position_embeddings.weight": (positions, width),
        "embeddings.token_type_embeddings.weight": (2, width),
    }
    parts = {f"attention.self.{part}": (width, width) for part in ("query", "key", "value")}
    parts |= {"attention.output.dense": (width, width), "intermediate.dense": (2 * width, width)}
    parts |= {"output.dense": (width, 2 * width)}
    norms = ["embeddings.LayerNorm"]
    for at in (f"encoder.layer.{layer}" for layer in range(layers)):
        for part, shape in parts.items():
            shapes |= {f"{at}.{part}.weight": shape, f"{at}.{part}.bias": shape[:1]}
        norms += [f"{at}.attention.output.LayerNorm", f"{at}.output.LayerNorm"]
    weights = {name: draw.normal(0, 0.2, shape).astype(np.float32) for name, shape in shapes.items()}
    for name in norms:
        weights[f"{name}.weight"] = draw.normal(1, 0.2, width).astype(np.float32)
        weights[f"{name}.bias"] = draw.normal(0, 0.2, width).astype(np.float32)
    # What a GGUF holds as F16 shall differ by llama.cpp's arithmetic alone.
    return {name: values.astype(np.float16).astype(np.float32) for name, values in weights.items()}


def write_safetensors(path: Path, weights: Weights) -> None:
    """The file format, F32, so that the converter reads what the reference computes with."""
    header, body = {}, b""
    for name, values in weights.items():
        data = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
