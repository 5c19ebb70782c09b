"""Processor and main memory: cores, instructions, load, what is free. From psutil and /proc; decides nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

NOTABLE_FLAGS = frozenset(
    {"sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512vl", "avx512_vnni", "avx512_bf16", "avx_vnni"}
    | {"amx_tile", "amx_int8", "amx_bf16", "asimd", "asimddp", "asimdhp", "bf16", "i8mm", "sve", "sve2"}
)
"""Those that change what llama.cpp or torch can do; the rest of the list says nothing to a reader."""


@dataclass(frozen=True)
class Processor:
    """What does not change while we run. ``usable`` cores are those this process may be scheduled on."""

    model: str
    physical: int
    logical: int
    usable: int
    flags: frozenset[str]


@dataclass(frozen=True)
class Load:
    """A reading. ``busy_percent`` is over all cores since the meter's previous reading, None at its first."""

    busy_percent: float | None
    load_1min: float
    memory_total_bytes: int
    memory_available_bytes: int
    swap_used_bytes: int


def processor(proc_root: Path = Path("/proc")) -> Processor:
    """Describe the processor. Unknown physical cores (some containers hide them) are taken as the logical ones."""
    model, flags = _cpuinfo(proc_root / "cpuinfo")
    logical = psutil.cpu_count() or 1
    return Processor(
        model=model,
        physical=psutil.cpu_count(logical=False) or logical,
        logical=logical,
        usable=len(os.sched_getaffinity(0)),
        flags=flags & NOTABLE_FLAGS,
    )


def cores(sys_root: Path = Path("/sys")) -> tuple[int, ...]:
    """Of each physical core one logical processor that this thread may be scheduled on, rising; what is not known to share a core
    is a core."""
    found: dict[str, int] = {}
    for number in sorted(os.sched_getaffinity(0)):
        siblings = sys_root / f"devices/system/cpu/cpu{number}/topology/thread_siblings_list"
        try:
            core = siblings.read_text().strip()
        except OSError:
            core = str(number)
        found.setdefault(core, number)
    return tuple(found.values())


class LoadMeter:
    """Reads the load; busy time is measured between two calls of ``read``, so the first has none."""

    def __init__(self) -> None:
        self._before: tuple[float, float] | None = None

    def read(self) -> Load:
        times = psutil.cpu_times()
        total = sum(times[:8])  # guest times are already inside user and nice
        idle = times.idle + getattr(times, "iowait", 0.0)
        busy = busy_percent(self._before, (total, idle))
        self._before = (total, idle)
        memory = psutil.virtual_memory()
        return Load(busy, os.getloadavg()[0], memory.total, memory.available, psutil.swap_memory().used)


def busy_percent(before: tuple[float, float] | None, after: tuple[float, float]) -> float | None:
    """Percent of CPU seconds not idle between two (total, idle) readings; None when no time has passed."""
    if before is None or after[0] <= before[0]:
        return None
    total, idle = after[0] - before[0], after[1] - before[1]
    return min(100.0, max(0.0, 100.0 * (total - idle) / total))


def _cpuinfo(path: Path) -> tuple[str, frozenset[str]]:
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return "", frozenset()
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        values.setdefault(name.strip(), value.strip())
    flags = values.get("flags") or values.get("Features") or ""
    return values.get("model name", ""), frozenset(flags.split())
