"""Which llama.cpp this is, what it was built for, and the devices it finds. Loads no model."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import llama_cpp
import llama_cpp.llama_cpp as lib
from llama_cpp._ggml import libggml

CPU = "CPU"


@dataclass(frozen=True)
class Device:
    """Something llama.cpp can compute on. ``backend`` as it names it; ``memory_bytes`` is what the driver says."""

    name: str
    description: str
    backend: str
    memory_bytes: int


@dataclass(frozen=True)
class Build:
    """``backends`` as llama.cpp names them, e.g. ("CPU",) or ("Vulkan", "CPU"), whether or not they find a device."""

    binding: str
    backends: tuple[str, ...]
    gpu_offload: bool
    devices: tuple[Device, ...]


def describe() -> Build:
    """Ask the library that would serve."""
    lib.llama_log_set(_quiet, ctypes.c_void_p(0))
    lib.llama_backend_init()
    ggml = _declared()
    backends = tuple(
        ggml.ggml_backend_reg_name(ggml.ggml_backend_reg_get(index)).decode()
        for index in range(ggml.ggml_backend_reg_count())
    )
    devices = tuple(_device(ggml, ggml.ggml_backend_dev_get(index)) for index in range(ggml.ggml_backend_dev_count()))
    return Build(llama_cpp.__version__, backends, bool(lib.llama_supports_gpu_offload()), devices)


def _device(ggml: ctypes.CDLL, handle: int) -> Device:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    ggml.ggml_backend_dev_memory(handle, ctypes.byref(free), ctypes.byref(total))
    return Device(
        name=ggml.ggml_backend_dev_name(handle).decode(),
        description=ggml.ggml_backend_dev_description(handle).decode(),
        backend=ggml.ggml_backend_reg_name(ggml.ggml_backend_dev_backend_reg(handle)).decode(),
        memory_bytes=total.value,
    )


def _declared() -> ctypes.CDLL:
    """The functions of ggml-backend.h used here, which the binding does not declare."""
    sizes, pointer, text = (ctypes.c_size_t, ctypes.c_void_p, ctypes.c_char_p)
    pointers = (pointer, ctypes.POINTER(sizes), ctypes.POINTER(sizes))
    for name, result, arguments in (
        ("reg_count", sizes, ()),
        ("reg_get", pointer, (sizes,)),
        ("reg_name", text, (pointer,)),
        ("dev_count", sizes, ()),
        ("dev_get", pointer, (sizes,)),
        ("dev_name", text, (pointer,)),
        ("dev_description", text, (pointer,)),
        ("dev_backend_reg", pointer, (pointer,)),
        ("dev_memory", None, pointers),
    ):
        function = getattr(libggml, f"ggml_backend_{name}")
        function.restype, function.argtypes = result, arguments
    return libggml


@lib.llama_log_callback
def _quiet(_level: int, _text: bytes, _user: ctypes.c_void_p) -> None: ...
