"""Running out of memory: how it is told from other failures, and a stand-in that does it on demand."""

from __future__ import annotations

import torch


class Memory:
    """The machine's memory, asked before each micro-batch: says nothing and lets the allocators speak."""

    def reserve(self, examples: int) -> None:
        """Raise MemoryError if ``examples`` side by side are known not to fit."""


class ScarceMemory(Memory):
    """Room for ``limit`` examples side by side, so that running out can be rehearsed on any machine."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def reserve(self, examples: int) -> None:
        if examples > self._limit:
            raise MemoryError(f"room for {self._limit} examples, {examples} wanted")


def is_out_of_memory(error: BaseException) -> bool:
    """Python's, the accelerator's, or torch's CPU allocator, which only says so in words."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
