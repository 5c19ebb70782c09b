"""What to allocate before loading: context size, threads. Pure arithmetic on settings, model and machine."""

from __future__ import annotations

from dataclasses import dataclass

from a3x.config import EngineSection
from a3x.engine.llama import CHUNK_TOKENS, KV_BYTES

DEFAULT_CONTEXT_CAP = 4096
"""A long trained context is not allocated unasked: on a 4 GB card the KV would crowd out the weights."""

ONE_THREAD_BYTES = 64 << 20
"""Below this a token takes under 2 ms on one thread, and llama.cpp's threads wait for each other by spinning: on a busy
machine (and training keeps ours busy) a second thread makes small models 10 to 25 times slower. docs/decisions/0005."""


KV_BUDGET_BYTES = 512 << 20
"""KV memory of all contexts together. Sequences are given up before the context's length is."""


@dataclass(frozen=True)
class Plan:
    """Tokens a sequence holds, CPU threads, how many contexts, sequences in each, and adapters stay resident."""

    context_tokens: int
    threads: int
    resident_contexts: int
    sequences: int
    resident_adapters: int
    adapter_bytes: int
    kv_type: str
    flash_attention: bool


def plan(
    settings: EngineSection, trained_context: int, model_bytes: int, physical_cores: int, kv_values: int = 0
) -> Plan:
    """Context is what the settings ask, never over what the model was trained for, in whole chunks.

    ``kv_values`` is what a token leaves in KV memory. When memory is short there are fewer contexts before there are fewer
    sequences in each: mixes can share a context, but a stream without a sequence has to wait.
    """
    wanted = settings.context_tokens or min(trained_context, DEFAULT_CONTEXT_CAP)
    context = max(CHUNK_TOKENS, min(wanted, trained_context) // CHUNK_TOKENS * CHUNK_TOKENS)
    a_sequence = context * kv_values * KV_BYTES[settings.kv_type]
    affordable = (
        max(1, int(KV_BUDGET_BYTES // a_sequence)) if a_sequence else settings.sequences * settings.resident_contexts
    )
    sequences = min(settings.sequences, affordable)
    return Plan(
        context_tokens=context,
        threads=settings.threads or (1 if model_bytes < ONE_THREAD_BYTES else max(1, physical_cores)),
        resident_contexts=min(settings.resident_contexts, affordable // sequences),
        sequences=sequences,
        resident_adapters=settings.resident_adapters,
        adapter_bytes=settings.adapter_mib << 20,
        kv_type=settings.kv_type,
        flash_attention=settings.flash_attention,
    )
