"""Several prompts' ends read in one pass give the answers that they give one by one, and what filled them up is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from a3x.engine.llama import CHUNK_TOKENS, Context, Model
from a3x.engine.pace import Pace
from a3x.errors import EngineFailure
from tests.support.engine import seed_model

pytestmark = pytest.mark.integration

LENGTHS = (20, 16, 18)
FIRST = 1
"""Their sequences follow each other from here; the second has a whole chunk in memory already."""


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with seed_model() as loaded:
        yield loaded


def prompts(model: Model) -> tuple[list[int], list[list[int]]]:
    chance = np.random.default_rng(3)
    kept = chance.integers(5, model.vocab_size, CHUNK_TOKENS).tolist()
    return kept, [chance.integers(5, model.vocab_size, length).tolist() for length in LENGTHS]


def heard(model: Model, together: bool, flash: bool, context_class: type[Context] = Context) -> NDArray[np.float32]:
    """Logits after the prompts, then after three more tokens of each side by side."""
    context = context_class(model, 512, Pace((1,)), "f16", flash, sequences=5)
    kept, chunks = prompts(model)
    positions = [0, CHUNK_TOKENS, 0]
    sequences = list(range(FIRST, FIRST + len(chunks)))
    context.decode(kept, 0, False, sequences[1])
    found: list[NDArray[np.float32]] = []
    try:
        if together:
            found += [context.logits(place).copy() for place in context.read(chunks, positions, sequences)]
        else:
            for chunk, position, sequence in zip(chunks, positions, sequences, strict=True):
                context.decode(chunk, position, True, sequence)
                found.append(context.logits().copy())
        ends = [position + len(chunk) for position, chunk in zip(positions, chunks, strict=True)]
        for step in range(3):
            tokens = [int(row.argmax()) for row in found[-len(chunks) :]]
            places: Sequence[int] = context.advance(tokens, [end + step for end in ends], sequences)
            found += [context.logits(place).copy() for place in places]
    finally:
        context.close()
    return np.stack(found)


@pytest.mark.parametrize("flash", [False, True])
def test_together_is_as_one_by_one(model: Model, flash: bool) -> None:
    together, alone = heard(model, True, flash), heard(model, False, flash)
    assert np.allclose(together, alone, atol=0.02)
    assert np.array_equal(together.argmax(axis=1), alone.argmax(axis=1))


class Hoarder(Context):
    """Keeps what filled the shorter ones up."""

    def truncate(self, sequence: int, position: int) -> bool:
        return True


def test_what_filled_them_up_would_be_found_out(model: Model) -> None:
    """Negative control."""
    with pytest.raises(EngineFailure):
        heard(model, True, False, Hoarder)


def test_what_is_no_single_pass_is_refused(model: Model) -> None:
    context = Context(model, 512, Pace((1,)), sequences=4)
    chunk = [9] * 33
    for chunks, sequences in (([chunk, chunk], [0, 1]), ([[9], [9]], [0, 2])):
        with pytest.raises(EngineFailure, match="in one pass"):
            context.read(chunks, [0, 0], sequences)
    with pytest.raises(EngineFailure, match="do not fit"):
        context.read([[9] * 30, [9]], [0, context.capacity - 5], [0, 1])
    context.pass_tokens = 0
    with pytest.raises(EngineFailure, match="in one pass"):
        context.read([[9], [9]], [0, 0], [0, 1])
    context.close()
