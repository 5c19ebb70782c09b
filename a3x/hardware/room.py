"""How much room there is for a model: free main memory, and the memory of the card that would hold it. Readings only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from a3x.hardware import amd


@dataclass(frozen=True)
class Room:
    """Bytes now. ``card_free_bytes`` None: no card that this build can use, or one whose memory cannot be read;
    ``card`` names it, or says why there is none.
    """

    cores: int
    ram_total_bytes: int
    ram_free_bytes: int
    card: str
    card_total_bytes: int | None = None
    card_free_bytes: int | None = None
    offload: bool = False
    """The build can compute on a card; without a reading of its memory, what fits is llama.cpp's guess."""


def measure(cores: int, offload: bool, sys_root: Path = Path("/sys")) -> Room:
    """Read it. ``offload``: whether the llama.cpp that would serve was built for cards."""
    memory = psutil.virtual_memory()
    found = amd.largest(amd.cards(sys_root)) if offload else None
    if found is None:
        said = "no AMD card whose memory can be read" if offload else "this build computes on the processor only"
        return Room(cores, memory.total, memory.available, said, offload=offload)
    name = f"{found.name} {found.gfx_target or 'unknown target'}"
    total, free = found.vram_total_bytes, found.vram_free_bytes
    return Room(cores, memory.total, memory.available, name, total, free, offload)
