"""Which llama.cpp this is and what it was built for. Loads no model."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import llama_cpp
import llama_cpp.llama_cpp as lib


@dataclass(frozen=True)
class Build:
    """``backends`` as llama.cpp names them, e.g. ("CPU",) or ("Vulkan", "CPU")."""

    binding: str
    backends: tuple[str, ...]
    gpu_offload: bool


def describe() -> Build:
    """Ask the library that would serve."""
    lib.llama_log_set(_quiet, ctypes.c_void_p(0))
    lib.llama_backend_init()
    named = [part.split(":")[0].strip() for part in lib.llama_print_system_info().decode().split("|") if ":" in part]
    return Build(llama_cpp.__version__, tuple(dict.fromkeys(named)), bool(lib.llama_supports_gpu_offload()))


@lib.llama_log_callback
def _quiet(_level: int, _text: bytes, _user: ctypes.c_void_p) -> None: ...
