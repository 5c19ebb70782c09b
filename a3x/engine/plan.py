"""What to allocate before loading: context size, threads. Pure arithmetic on settings, model and machine."""

from __future__ import annotations

from dataclasses import dataclass

from a3x.config import EngineSection
from a3x.engine.llama import CHUNK_TOKENS

DEFAULT_CONTEXT_CAP = 4096
"""A long trained context is not allocated unasked: on a 4 GB card the KV would crowd out the weights."""


@dataclass(frozen=True)
class Plan:
    """Tokens a context holds, CPU threads, how many contexts and adapters stay resident."""

    context_tokens: int
    threads: int
    resident_contexts: int
    resident_adapters: int
    kv_type: str
    flash_attention: bool


def plan(settings: EngineSection, trained_context: int, physical_cores: int) -> Plan:
    """Context is what the settings ask, never over what the model was trained for, in whole chunks."""
    wanted = settings.context_tokens or min(trained_context, DEFAULT_CONTEXT_CAP)
    context = max(CHUNK_TOKENS, min(wanted, trained_context) // CHUNK_TOKENS * CHUNK_TOKENS)
    return Plan(
        context_tokens=context,
        threads=settings.threads or max(1, physical_cores),
        resident_contexts=settings.resident_contexts,
        resident_adapters=settings.resident_adapters,
        kv_type=settings.kv_type,
        flash_attention=settings.flash_attention,
    )
