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


def test_kv_memory_costs_contexts_before_sequences_and_never_the_last_one() -> None:
    seed = plan(EngineSection(), 1024, 12 << 20, 2, kv_values=6 * 4 * 128)
    assert (seed.resident_contexts, seed.sequences) == (4, 8)
    three_b = plan(EngineSection(), 131_072, GIB, 8, kv_values=28 * 8 * 256)
    assert (three_b.resident_contexts, three_b.sequences) == (1, 1)
    one_b = plan(EngineSection(sequences=2), 131_072, GIB, 8, kv_values=16 * 8 * 128)
    assert (one_b.resident_contexts, one_b.sequences) == (2, 2)
    assert plan(EngineSection(kv_type="q8_0", sequences=2), 131_072, GIB, 8, kv_values=16 * 8 * 128).sequences == 2
