"""The library that hatch_build.py makes of burst.c when the project is installed. Nothing else here is compiled."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import llama_cpp.llama_cpp as lib

LIBRARY = Path(__file__).with_name("_burst.so")


class Batch(ctypes.Structure):
    """llama_batch as burst.c declares it."""

    _fields_ = [
        ("n_tokens", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("token", "embd", "pos", "n_seq_id", "seq_id", "logits")),
    ]


@cache
def library() -> ctypes.CDLL:
    """ImportError if it is missing, or declares another llama_batch than the installed llama.cpp."""
    for name, *_ in Batch._fields_:
        ours, theirs = getattr(Batch, name), getattr(lib.llama_batch, name)
        if (ours.offset, ours.size) != (theirs.offset, theirs.size):
            raise ImportError("burst.c was written for another llama_batch than the installed llama.cpp has")
    try:
        loaded = ctypes.CDLL(str(LIBRARY))
    except OSError as error:
        raise ImportError(f"{error}: `python3 hatch_build.py` makes it") from error
    pointer = ctypes.c_void_p
    loaded.a3x_spread.argtypes = [pointer, ctypes.c_int32, ctypes.c_int32, pointer, pointer]
    loaded.a3x_spread.restype = ctypes.c_int32
    loaded.a3x_draw.argtypes, loaded.a3x_draw.restype = [pointer], None
    loaded.a3x_burst.argtypes = [pointer, pointer, ctypes.c_int32, ctypes.c_double, pointer]
    loaded.a3x_burst.restype = ctypes.c_int32
    return loaded
