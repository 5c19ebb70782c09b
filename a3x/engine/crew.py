"""The threads that compute beside the one that asks: llama.cpp's own, built without OpenMP, each on a core of its own.

They meet a hundred times a step and wait for each other awake, without a system call. Nothing that is computed depends on
how many they are (docs/decisions/0035). Knows neither models nor what is computed.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any

import llama_cpp.llama_cpp as lib

from a3x.errors import EngineFailure
from a3x.hardware.cpu import cores

AWAKE = 1
"""Times 131 072 turns that a thread waits awake for the next step before it sleeps, some five milliseconds: enough for what
happens between two bursts of an answer, and cores are free soon after one."""

MOST_CORES = 512


class _Params(ctypes.Structure):
    """ggml_threadpool_params, ggml.h."""

    _fields_ = [
        ("cores", ctypes.c_bool * MOST_CORES),
        ("threads", ctypes.c_int),
        ("priority", ctypes.c_int),
        ("awake", ctypes.c_uint32),
        ("one_a_core", ctypes.c_bool),
        ("asleep", ctypes.c_bool),
    ]


class Crew:
    """A pool for each number of threads, made when it is first asked for. Contexts share a crew if the same thread asks them all.

    That thread is bound to a core too while others compute beside it, and free again when it computes alone or after ``close``.
    """

    def __init__(self) -> None:
        self._cores = cores()
        self._free = os.sched_getaffinity(0)
        self._pools: dict[int, int] = {}

    def attach(self, context: Any, threads: int) -> None:
        """From its next step on the context computes with so many threads, at most one a core: more would wait awake for
        one that has none."""
        threads = min(threads, len(self._cores))
        if threads == 1:
            _library().llama_detach_threadpool(context)
            self._unbind()
        else:
            _library().llama_attach_threadpool(context, self._pool(threads), None)
        lib.llama_set_n_threads(context, threads, threads)

    def close(self) -> None:
        """End the threads. No context that they were attached to may compute any more."""
        for pool in self._pools.values():
            _library().ggml_threadpool_free(pool)
        self._pools.clear()
        self._unbind()

    def _pool(self, threads: int) -> int:
        if threads not in self._pools:
            params = _library().ggml_threadpool_params_default(threads)
            params.awake, params.asleep, params.one_a_core = AWAKE, True, True
            for core in self._cores[:threads]:
                params.cores[core] = True
            pool = _library().ggml_threadpool_new(ctypes.byref(params))
            if not pool:
                raise EngineFailure(f"llama.cpp cannot start {threads} threads")
            self._pools[threads] = pool
        return self._pools[threads]

    def _unbind(self) -> None:
        if os.sched_getaffinity(0) != self._free:
            os.sched_setaffinity(0, self._free)


@cache
def _library() -> ctypes.CDLL:
    """llama.cpp's functions that the binding leaves out; ImportError if they are others than these."""
    library: ctypes.CDLL = lib._lib
    pointer = ctypes.c_void_p
    library.ggml_threadpool_params_default.argtypes = [ctypes.c_int]
    library.ggml_threadpool_params_default.restype = _Params
    library.ggml_threadpool_new.argtypes, library.ggml_threadpool_new.restype = [pointer], pointer
    library.ggml_threadpool_free.argtypes, library.ggml_threadpool_free.restype = [pointer], None
    library.llama_attach_threadpool.argtypes, library.llama_attach_threadpool.restype = [pointer] * 3, None
    library.llama_detach_threadpool.argtypes, library.llama_detach_threadpool.restype = [pointer], None
    usual = library.ggml_threadpool_params_default(3)
    if (usual.threads, usual.priority, usual.one_a_core, usual.asleep) != (3, 0, False, False) or any(usual.cores):
        raise ImportError("crew.py was written for other ggml_threadpool_params than the installed llama.cpp has")
    return library
