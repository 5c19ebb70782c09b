"""Sizes of models that people run on a 4 GB card, from the published shapes and file sizes; no file is needed."""

from __future__ import annotations

from a3x.gguf.sizes import Sizes

MIB = 1 << 20


def sizes(
    layers: int, width: int, ffn: int, heads: int, key_heads: int, vocab: int, file_mib: int, embedding_mib: int,
    output_mib: int = 0, context: int = 131_072,
) -> Sizes:  # fmt: skip
    head_width = width // heads
    each = (file_mib - embedding_mib - output_mib) * MIB // layers
    key_width = head_width * key_heads
    matrices = 2 * (width + width) + 2 * (width + key_width) + 3 * (width + ffn)
    return Sizes(
        architecture="llama",
        trained_context=context,
        width=width,
        ffn=ffn,
        heads=heads,
        head_width=head_width,
        vocab=vocab,
        kv_widths=(2 * key_width,) * layers,
        layer_bytes=(each,) * layers,
        embedding_bytes=embedding_mib * MIB,
        output_bytes=output_mib * MIB,
        other_bytes=width * 4,
        adapter_numbers=matrices * layers,
    )


SEED = sizes(6, 256, 768, 4, 4, 4096, file_mib=12, embedding_mib=2, context=1024)
ONE_B = sizes(16, 2048, 8192, 32, 8, 128_256, file_mib=770, embedding_mib=205)
"""Llama 3.2 1B Q4_K_M, embeddings shared with the output."""
THREE_B = sizes(28, 3072, 8192, 24, 8, 128_256, file_mib=1925, embedding_mib=308)
"""Llama 3.2 3B Q4_K_M."""
SEVEN_B = sizes(32, 4096, 14_336, 32, 8, 32_768, file_mib=4170, embedding_mib=72, output_mib=105, context=32_768)
"""Mistral 7B Q4_K_M."""
SEVENTY_B = sizes(80, 8192, 28_672, 64, 8, 128_256, file_mib=40_500, embedding_mib=564, output_mib=822)
"""Llama 3 70B Q4_K_M."""
