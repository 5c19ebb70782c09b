"""Idle sequences between two answers get a token that they lose again, and hold what they held."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from a3x import resources
from a3x.engine import llama
from a3x.engine.burst import Flag
from a3x.engine.llama import CHUNK_TOKENS, Context, Model, start_backend
from a3x.engine.pace import Pace
from a3x.engine.sampling import Sampler
from a3x.errors import EngineFailure
from a3x.types import Sampling
from tests.support.exact import write_f32

pytestmark = pytest.mark.integration

KEPT = 1
"""The idle sequence between the answers 0 and 2."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """The seed in F32: with F16, a pass of three rows and one of two differ on processors whose kernels take them differently."""
    start_backend()
    loaded = Model(write_f32(resources.seed_model(), tmp_path_factory.mktemp("model") / "f32.gguf"), gpu_layers=0)
    yield loaded
    loaded.close()


def talk(model: Model, steps: int = 20) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits of the answers 0 and 2 after some steps, and then of one more token in the sequence between them."""
    context = Context(model, 256, Pace((1,)), "f32", flash_attention=False, sequences=4)
    try:
        chance = np.random.default_rng(0)
        no_end = tuple((token, -100.0) for token in range(model.vocab_size) if model.ends_generation(token))
        for sequence in range(3):
            context.decode(chance.integers(5, model.vocab_size, CHUNK_TOKENS).tolist(), 0, True, sequence)
        places: Sequence[int] = ()
        for position in range(CHUNK_TOKENS, CHUNK_TOKENS + steps):
            tokens = chance.integers(5, model.vocab_size, 2).tolist()
            places = context.advance(tokens, [position] * 2, [0, 2])
        answers = np.stack([context.logits(place) for place in places])
        assert np.array_equal(answers, context.rows(2))
        more = [int(row.argmax()) for row in answers], [CHUNK_TOKENS + steps] * 2, [0, 2]
        hands = [Sampler(Sampling(logit_bias=no_end), model) for _ in range(2)]
        places, rounds = context.burst(*more, hands, [steps + 1] * 2, steps, 60.0, Flag())
        assert len(rounds) == steps
        answers = np.stack([*answers, *(context.logits(place) for place in places)])
        context.decode([7], CHUNK_TOKENS, True, KEPT)
        return answers, context.logits().copy()
    finally:
        context.close()


def test_answers_are_the_same_and_what_lies_between_is_untouched(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, between = talk(model)
    monkeypatch.setattr(llama, "BRIDGE", 0)
    apart, alone = talk(model)
    assert np.allclose(answers, apart, atol=1e-4)
    assert np.array_equal(answers.argmax(axis=1), apart.argmax(axis=1))
    assert np.array_equal(between, alone)


def test_a_token_that_stays_behind_is_found_out(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    keeps = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, *[ctypes.c_int32] * 3)(lambda *_: True)
    monkeypatch.setattr(llama.lib, "llama_memory_seq_rm", keeps)
    with pytest.raises(EngineFailure):
        talk(model, steps=1)


def test_long_gaps_and_full_sequences_are_left_alone(model: Model) -> None:
    context = Context(model, 256, Pace((1,)), flash_attention=False, sequences=8)
    assert context._bridges([0, 2, 4, 5]) == [1, 3]
    assert context._bridges([0, 3]) == []
    for at in range(0, context.capacity, CHUNK_TOKENS):
        context.decode([7] * CHUNK_TOKENS, at, False, 1)
    assert context._bridges([0, 2, 4]) == [3]
    context.close()


def test_where_tokens_fold_into_a_state_nothing_is_filled(tmp_path: Path) -> None:
    """What such a sequence holds could not be had back."""

    class Folding(Model):
        def __init__(self) -> None:
            super().__init__(resources.seed_model(), gpu_layers=0)
            self.cuts_cleanly = False

    start_backend()
    model = Folding()
    context = Context(model, 256, Pace((1,)), flash_attention=False, sequences=4)
    assert context._bridges([0, 2]) == []
    context.close()
    model.close()
