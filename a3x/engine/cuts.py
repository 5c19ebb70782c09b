"""Where a prompt is cut into the stretches that are computed in a pass each: known from its length alone.

Other cuts are other sums, so what a pass left in memory is found again only by prompts that are cut alike up to there. A long
prompt ends in small pieces: who asks something else about the same text computes little of it again (docs/decisions/0034).
"""

from __future__ import annotations

from collections.abc import Iterator

from a3x.engine.llama import CHUNK_TOKENS

PIECE_TOKENS = 16
"""What is left of a long prompt after its whole chunks is cut into stretches of this many tokens."""
LONG_TOKENS = 256
"""Of prompts up to here it is computed at once: a pass of 64 tokens costs less than four of 16, and there is little to find
again."""


def next_cut(position: int, tokens: int) -> int:
    """Where the stretch ends that begins at ``position``, a cut, of a prompt of ``tokens``.

    At least the last token is no part of the stretches that are found again: something must be left to compute, or there are
    no logits to draw from.
    """
    whole = (tokens - 1) // CHUNK_TOKENS * CHUNK_TOKENS
    size = PIECE_TOKENS if position >= whole and tokens > LONG_TOKENS else CHUNK_TOKENS
    return min(position + size, tokens)


def stretches(tokens: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each stretch of a prompt of ``tokens``, in order."""
    start = 0
    while start < tokens:
        end = next_cut(start, tokens)
        yield start, end
        start = end
