"""Known model families by their published shapes, and how large each is in a quantisation. Numbers only; fetches nothing.

The shapes are those of the models' own configuration files. Sizes are computed from them by llama.cpp's rules for mixed
quantisations (the output or tied embedding at 6 bits, half of the value and down projections finer than the rest, rows
that are no multiple of 256 in the next simpler format), which comes within a few per cent of the files people publish.
"""

from __future__ import annotations

from dataclasses import dataclass

from a3x.models.fit import Weights

BLOCK = 256
"""Numbers in a block of a K-quant; a row must be a multiple of it."""


@dataclass(frozen=True)
class Family:
    """A dense decoder. ``tied``: the output projection is the embedding. ``trains``: A³X can make adapters for it today."""

    name: str
    layers: int
    width: int
    heads: int
    key_heads: int
    head_width: int
    ffn: int
    vocabulary: int
    context_tokens: int
    tied: bool
    trains: bool = False

    @property
    def parameters(self) -> int:
        """Matrices only: norms and biases are under a thousandth."""
        outer = self.vocabulary * self.width * (1 if self.tied else 2)
        return outer + self.layers * sum(rows * columns for rows, columns in self._matrices())

    @property
    def kv_per_token(self) -> int:
        return 2 * self.layers * self.key_heads * self.head_width

    def _matrices(self) -> tuple[tuple[int, int], ...]:
        """(rows, row length) of one layer: q, k, v, out, gate, up, down."""
        asking, keeping = self.heads * self.head_width, self.key_heads * self.head_width
        attention = ((asking, self.width), (keeping, self.width), (keeping, self.width), (self.width, asking))
        return (*attention, (self.ffn, self.width), (self.ffn, self.width), (self.width, self.ffn))

    def weights(self, quantisation: str) -> Weights:
        """KeyError for a quantisation that MIXES does not hold."""
        mix = MIXES[quantisation]
        total = 0.0
        for index, (rows, length) in enumerate(self._matrices()):
            fine = index in (2, 6)  # the value and the down projection
            bits = (_bits(mix.most, length) + _bits(mix.half, length)) / 2 if fine else _bits(mix.most, length)
            total += self.layers * rows * length * bits
        outer = self.vocabulary * self.width
        total += outer * _bits(mix.output, self.width)
        total += 0 if self.tied else outer * _bits(mix.most, self.width)
        return Weights(round(total / 8), self.kv_per_token, self.vocabulary, self.context_tokens)


@dataclass(frozen=True)
class QuantMix:
    """Formats by what they are used for: ``half`` for every second value and down projection."""

    most: str
    half: str
    output: str


K_BITS = {"Q3_K": 3.4375, "Q4_K": 4.5, "Q5_K": 5.5, "Q6_K": 6.5625}
BITS = K_BITS | {"IQ4_NL": 4.5, "Q5_0": 5.5, "Q5_1": 6.0, "Q8_0": 8.5, "F16": 16.0}
"""Bits a weight with its share of the block's scales (ggml-common.h, block sizes)."""
SIMPLER = {"Q3_K": "IQ4_NL", "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}
MIXES = {
    "Q3_K_S": QuantMix("Q3_K", "Q3_K", "Q6_K"),
    "Q4_K_M": QuantMix("Q4_K", "Q6_K", "Q6_K"),
    "Q5_K_M": QuantMix("Q5_K", "Q6_K", "Q6_K"),
    "Q6_K": QuantMix("Q6_K", "Q6_K", "Q6_K"),
    "Q8_0": QuantMix("Q8_0", "Q8_0", "Q8_0"),
    "F16": QuantMix("F16", "F16", "F16"),
}

FAMILIES = (
    Family("SmolLM2-135M-Instruct", 30, 576, 9, 3, 64, 1536, 49_152, 8192, True, trains=True),
    Family("SmolLM2-360M-Instruct", 32, 960, 15, 5, 64, 2560, 49_152, 8192, True, trains=True),
    Family("Qwen2.5-0.5B-Instruct", 24, 896, 14, 2, 64, 4864, 151_936, 32_768, True),
    Family("Qwen3-0.6B", 28, 1024, 16, 8, 128, 3072, 151_936, 40_960, True),
    Family("gemma-3-1b-it", 26, 1152, 4, 1, 256, 6912, 262_144, 32_768, True),
    Family("TinyLlama-1.1B-Chat", 22, 2048, 32, 4, 64, 5632, 32_000, 2048, False, trains=True),
    Family("Llama-3.2-1B-Instruct", 16, 2048, 32, 8, 64, 8192, 128_256, 131_072, True),
    Family("Qwen2.5-1.5B-Instruct", 28, 1536, 12, 2, 128, 8960, 151_936, 32_768, True),
    Family("SmolLM2-1.7B-Instruct", 24, 2048, 32, 32, 64, 8192, 49_152, 8192, True, trains=True),
    Family("Qwen3-1.7B", 28, 2048, 16, 8, 128, 6144, 151_936, 40_960, True),
    Family("gemma-2-2b-it", 26, 2304, 8, 4, 256, 9216, 256_000, 8192, True),
    Family("Qwen2.5-3B-Instruct", 36, 2048, 16, 2, 128, 11_008, 151_936, 32_768, True),
    Family("Llama-3.2-3B-Instruct", 28, 3072, 24, 8, 128, 8192, 128_256, 131_072, True),
    Family("Phi-3.5-mini-instruct", 32, 3072, 32, 32, 96, 8192, 32_064, 131_072, False),
    Family("Qwen3-4B", 36, 2560, 32, 8, 128, 9728, 151_936, 40_960, True),
    Family("Qwen2.5-7B-Instruct", 28, 3584, 28, 4, 128, 18_944, 152_064, 32_768, False),
    Family("Llama-3.1-8B-Instruct", 32, 4096, 32, 8, 128, 14_336, 128_256, 131_072, False),
    Family("Qwen3-8B", 36, 4096, 32, 8, 128, 12_288, 151_936, 40_960, False),
)


def _bits(quant: str, row_length: int) -> float:
    return BITS[quant if row_length % BLOCK == 0 else SIMPLER.get(quant, quant)]
