"""The fake embedder behaves as an embedder must: same words close, other words far, limits kept."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from a3x.engine.scripted import ScriptedEmbedder
from a3x.errors import BadRequest, NotReady, PromptTooLong


def test_shared_words_are_close_and_rows_have_length_one() -> None:
    embedder = ScriptedEmbedder()
    done = asyncio.run(embedder.embed(["undo the last commit", "the last commit", "apple cake"]))
    assert done.vectors.shape == (3, 64)
    assert done.vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(done.vectors, axis=1), 1)
    assert done.vectors[0] @ done.vectors[1] > 0.6 > done.vectors[0] @ done.vectors[2]
    assert done.made_by == asyncio.run(embedder.info())


def test_limits() -> None:
    embedder = ScriptedEmbedder(max_tokens=2)
    cut = asyncio.run(embedder.embed(["a b c", "a b", " "]))
    assert (cut.tokens, cut.truncated) == ((2, 2, 1), (True, False, False))
    assert (cut.vectors[0] == cut.vectors[1]).all()
    with pytest.raises(PromptTooLong, match=r"input\[1\]"):
        asyncio.run(embedder.embed(["a", "a b c"], truncate=False))
    with pytest.raises(BadRequest, match=r"input\[0\] is empty"):
        asyncio.run(embedder.embed([""]))
    with pytest.raises(NotReady):
        asyncio.run(ScriptedEmbedder(installed=False).embed(["a"]))
