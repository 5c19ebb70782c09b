"""Readings and decision together: the plan for a model on this machine, now. The arithmetic is ``plan``'s."""

from __future__ import annotations

import llama_cpp.llama_cpp as lib

from a3x.config import EngineSection
from a3x.engine.plan import Plan, plan
from a3x.gguf.sizes import Sizes
from a3x.hardware.room import measure


def plan_for(sizes: Sizes, settings: EngineSection, cores: int) -> Plan:
    """ConfigError if the model does not fit."""
    return plan(settings, sizes, measure(cores, bool(lib.llama_supports_gpu_offload())))
