"""What is allocated for a model, before it is loaded."""

from __future__ import annotations

from a3x.config import EngineSection
from a3x.engine.plan import plan

GIB = 1 << 30


def test_context_is_in_whole_chunks_and_never_over_what_the_model_knows() -> None:
    assert plan(EngineSection(), 1000, GIB, 4).context_tokens == 960
    assert plan(EngineSection(), 131_072, GIB, 4).context_tokens == 4096
    assert plan(EngineSection(context_tokens=8192), 131_072, GIB, 4).context_tokens == 8192
    assert plan(EngineSection(context_tokens=8192), 2048, GIB, 4).context_tokens == 2048
    assert plan(EngineSection(context_tokens=1), 2048, GIB, 4).context_tokens == 64


def test_small_models_get_one_thread_unless_told_otherwise() -> None:
    assert plan(EngineSection(), 1024, 12 << 20, 8).threads == 1
    assert plan(EngineSection(), 1024, GIB, 8).threads == 8
    assert plan(EngineSection(threads=3), 1024, 12 << 20, 8).threads == 3
