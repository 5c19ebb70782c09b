"""What a process costs while it does nothing: its share of memory and how often it wakes. From /proc; Linux only."""

from __future__ import annotations

import ctypes
import gc
import re
from pathlib import Path


def pss_bytes(pid: int | str = "self") -> int:
    """Proportional set size: pages of our own, and our share of those that several processes map. OSError without /proc."""
    return rolled_up_bytes("Pss", pid)


def rolled_up_bytes(what: str, pid: int | str = "self") -> int:
    """One of the sums over all mappings that the system keeps (``Pss``, ``AnonHugePages``, …). OSError without /proc."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(rf"^{what}:\s+(\d+) kB$", text, re.MULTILINE)
    if not found:
        raise OSError(f"/proc/{pid}/smaps_rollup names no {what}")
    return int(found.group(1)) * 1024


def held_bytes() -> int | None:
    """Our own ``pss_bytes``; None on a system that does not tell."""
    try:
        return pss_bytes()
    except OSError:
        return None


def wakeups(pid: int) -> int:
    """How often the threads that live now went to sleep of their own accord, which is how often they were woken."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            text = (task / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
            continue
        found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)$", text, re.MULTILINE)
        total += int(found.group(1)) if found else 0
    return total


LARGE_BYTES = 4 << 20
MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD, malloc.h."""


def keep_large_blocks_apart() -> None:
    """From now on every allocation of ``LARGE_BYTES`` has a mapping of its own, which freeing it gives back.

    Left to itself, glibc raises the limit to the largest block that was ever freed: the second model that is loaded lies in an
    arena, and of each one that leaves memory some megabytes stay.
    """
    limit = getattr(ctypes.CDLL(None), "mallopt", None)
    if limit is not None:
        limit(MMAP_THRESHOLD, LARGE_BYTES)


def give_memory_back() -> None:
    """Hand freed memory to the system, which glibc keeps in its arenas until asked; others are not asked.

    What is alive is set aside until the next call: to look through all of it, modules above all, holds every thread up for
    as long as a small model takes for thirty tokens.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
