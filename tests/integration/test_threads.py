"""The number of threads changes no bit of what is computed, so it may change from step to step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from a3x import resources
from a3x.engine.llama import CHUNK_TOKENS, Context, Model, start_backend
from a3x.engine.lookup import MOST
from a3x.engine.pace import Pace
from a3x.engine.plan import BRIEF_CONTEXT
from tests.support import tiny
from tests.support.exact import write_f32

pytestmark = pytest.mark.integration

SEQUENCES = 4


class Restless(Pace):
    """Another number of threads every step."""

    def __init__(self, counts: tuple[int, ...]) -> None:
        super().__init__(counts)
        self._turn = 0

    def threads(self) -> int:
        self._turn += 1
        return self._counts[self._turn % len(self._counts)]


def computed(model: Model, adapter: Path, pace: Pace, kv_type: str, flash: bool = False) -> NDArray[np.int32]:
    """The bits of all logits of chunks, of lone answers, of drafts and of answers side by side, with an adapter."""
    context = Context(model, BRIEF_CONTEXT, pace, kv_type, flash, SEQUENCES)
    loaded = model.load_adapter(adapter)
    context.set_adapters([(loaded, 0.7)])
    chance, found = np.random.default_rng(0), []
    for sequence in range(SEQUENCES):
        for at, count in ((0, CHUNK_TOKENS), (CHUNK_TOKENS, 29)):
            context.decode(chance.integers(5, model.vocab_size, count).tolist(), at, True, sequence)
            found.append(context.logits().copy())
    for position in range(CHUNK_TOKENS + 29, CHUNK_TOKENS + 49):
        for chosen in ([1], [0, 2, 3]):
            tokens = chance.integers(5, model.vocab_size, len(chosen)).tolist()
            context.advance(tokens, [position] * len(chosen), chosen)
            found.append(context.rows(len(chosen)).ravel().copy())
    end = CHUNK_TOKENS + 49
    for count in range(2, MOST + 2):
        context.decode(chance.integers(5, model.vocab_size, count).tolist(), end, True, 1, every=True)
        found.append(context.rows(count).ravel().copy())
        context.truncate(1, end)
    context.close()
    loaded.close()
    return np.concatenate(found).view(np.int32)


@pytest.mark.parametrize(
    ("weights", "kv_type", "flash"),
    [("f16", "f16", False), ("f32", "f32", False), ("f16", "f16", True)],
    ids=["f16", "f32", "brief, with flash attention"],
)
def test_any_number_of_threads_gives_the_same_bits(weights: str, kv_type: str, flash: bool, tmp_path: Path) -> None:
    start_backend()
    path = resources.seed_model()
    if weights == "f32":
        path = write_f32(path, tmp_path / "f32.gguf")
    adapter = tiny.write_adapter(tmp_path / "adapter.gguf", path, 1)
    model = Model(path, gpu_layers=0)
    one = computed(model, adapter, Pace((1,)), kv_type, flash)
    assert np.array_equal(one, computed(model, adapter, Pace((2,)), kv_type, flash))
    assert np.array_equal(one, computed(model, adapter, Restless((1, 2, 3)), kv_type, flash))
    model.close()


def test_one_token_at_a_time_gives_other_bits_than_a_chunk(tmp_path: Path) -> None:
    """Negative control: with F32 weights another cut of the work does change sums, and the comparison sees it."""
    start_backend()
    model = Model(write_f32(resources.seed_model(), tmp_path / "f32.gguf"), gpu_layers=0)
    rows = []
    for chunk in (1, 32):
        context = Context(model, 256, Pace((1,)), "f32", flash_attention=False)
        for at in range(0, 32, chunk):
            context.decode(list(range(40 + at, 40 + at + chunk)), at, True)
        rows.append(context.logits().copy())
        context.close()
    model.close()
    assert not np.array_equal(*(row.view(np.int32) for row in rows))
    assert np.allclose(*rows, atol=1e-3)
