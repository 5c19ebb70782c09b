"""Where prompts are cut: all of it once, alike for prompts that begin alike, finely at the end of long ones."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from a3x.engine.cuts import LONG_TOKENS, PIECE_TOKENS, stretches
from a3x.engine.llama import CHUNK_TOKENS

LENGTHS = st.integers(1, 6 * CHUNK_TOKENS)


def cuts(tokens: int) -> list[int]:
    return [0, *(end for _, end in stretches(tokens))]


@given(LENGTHS)
def test_every_token_is_in_one_stretch_and_the_last_never_alone_with_what_is_kept(tokens: int) -> None:
    found = cuts(tokens)
    assert found[-1] == tokens
    assert all(0 < end - start <= CHUNK_TOKENS for start, end in pairwise(found))
    whole = found[-2] // CHUNK_TOKENS * CHUNK_TOKENS
    assert tokens - whole <= CHUNK_TOKENS
    assert found[: whole // CHUNK_TOKENS + 1] == list(range(0, whole + 1, CHUNK_TOKENS))
    most = PIECE_TOKENS if tokens > LONG_TOKENS else CHUNK_TOKENS
    assert all(end - start <= most for start, end in pairwise(found) if start >= whole)


@given(LENGTHS, LENGTHS)
def test_a_piece_never_ends_where_a_chunk_of_a_longer_prompt_does(first: int, second: int) -> None:
    shorter, longer = sorted((first, second))
    same = {*cuts(shorter)[:-1]} & {*cuts(longer)[:-1]}
    whole = (shorter - 1) // CHUNK_TOKENS * CHUNK_TOKENS
    if whole != (longer - 1) // CHUNK_TOKENS * CHUNK_TOKENS:
        assert all(cut <= whole for cut in same)
