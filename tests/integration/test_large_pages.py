"""A model's weights lie in large pages, and the same bits are computed as without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from a3x import resources
from a3x.engine.llama import CHUNK_TOKENS, Context, Model, start_backend
from a3x.engine.pace import Pace
from a3x.hardware import pages
from a3x.hardware.process import give_memory_back, rolled_up_bytes

pytestmark = pytest.mark.integration


def loaded(plain_kernels: bool, briefly: bool = False) -> tuple[int, int, NDArray[np.int32]]:
    """Of the seed: its bytes, how many more lie in large pages once it is loaded, and the bits of a chunk's logits."""
    give_memory_back()  # as after every model that goes: what is used already is not looked at
    before = rolled_up_bytes("AnonHugePages")
    model = Model(resources.seed_model(), gpu_layers=0, plain_kernels=plain_kernels, briefly=briefly)
    gained = rolled_up_bytes("AnonHugePages") - before
    context = Context(model, 4 * CHUNK_TOKENS, Pace((1,)))
    context.decode(list(range(5, 5 + CHUNK_TOKENS)), 0, True)
    found, size = context.logits().copy().view(np.int32), model.size_bytes
    context.close()
    model.close()
    return size, gained, found


@pytest.mark.parametrize("plain_kernels", [False, True])
def test_weights_lie_in_large_pages_and_compute_the_same_bits(
    plain_kernels: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not pages.page_bytes():
        pytest.skip("this system has no large pages, or may make none")
    start_backend()
    size, gained, found = loaded(plain_kernels)
    assert gained >= 0.6 * size
    # Negative control: where the system makes none, none are found.
    monkeypatch.setattr(pages, "THP", tmp_path)
    _, gained, expected = loaded(plain_kernels)
    assert gained <= 0.2 * size
    assert np.array_equal(found, expected)


def test_who_computes_briefly_maps_the_file_and_shares_it() -> None:
    start_backend()
    size, gained, _ = loaded(plain_kernels=True, briefly=True)
    assert gained <= 0.2 * size
