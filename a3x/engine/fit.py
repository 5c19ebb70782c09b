"""Readings and decision together: the plan for a file on this machine, now. The arithmetic is ``plan``'s."""

from __future__ import annotations

from pathlib import Path

import llama_cpp.llama_cpp as lib

from a3x.config import EngineSection
from a3x.engine.plan import Plan, plan
from a3x.gguf.sizes import read_sizes
from a3x.hardware.room import measure


def plan_for(model: Path, settings: EngineSection, cores: int) -> Plan:
    """ForeignFile if the header cannot be read, ConfigError if the model does not fit."""
    return plan(settings, read_sizes(model), measure(cores, bool(lib.llama_supports_gpu_offload())))
