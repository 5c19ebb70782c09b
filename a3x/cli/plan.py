"""A plan in words, for ``a3x doctor`` and ``a3x status``. Takes it as JSON has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plan_lines(plan: Mapping[str, Any]) -> list[str]:
    """What is allocated, why, and a line of bytes for each place."""
    at_a_time = f"{plan['resident_contexts']} × {plan['sequences']} answers at a time"
    shape = f"{plan['context_tokens']} tokens, {at_a_time}, KV {plan['kv_type']}, {_mib(plan['adapter_bytes'])} MiB of adapters"
    return [shape, *plan["reasons"], *(_bytes(use) for use in plan["bytes"])]


def _bytes(use: Mapping[str, Any]) -> str:
    parts = ", ".join(f"{name} {_mib(use[name])}" for name in ("weights", "kv", "compute", "adapters", "reserve"))
    return f"{use['place']}: {parts}; {_mib(use['free'])} MiB free"


def _mib(count: int) -> str:
    return f"{count / 2**20:.0f}"
