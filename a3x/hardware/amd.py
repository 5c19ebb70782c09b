"""AMD cards as the kernel's sysfs and KFD report them. Starts no program, needs no ROCm; what cannot be read is None.

Source of the names: the kernel's amdgpu documentation. A missing reading is never given as 0: "idle" and "unknown"
lead to opposite decisions about training.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

AMD_VENDOR = 0x1002


@dataclass(frozen=True)
class Card:
    """One card now. ``busy_percent`` 0–100; memory in bytes; ``gfx_target`` such as "gfx1034"."""

    name: str
    pci_id: str
    gfx_target: str | None
    vram_total_bytes: int | None
    vram_used_bytes: int | None
    busy_percent: int | None

    @property
    def vram_free_bytes(self) -> int | None:
        if self.vram_total_bytes is None or self.vram_used_bytes is None:
            return None
        return self.vram_total_bytes - self.vram_used_bytes


@dataclass(frozen=True)
class _Node:
    render_minor: int
    gfx_target: str


def cards(sys_root: Path = Path("/sys")) -> tuple[Card, ...]:
    """All AMD cards, in the kernel's order; empty when there are none."""
    nodes = _kfd_nodes(sys_root)
    folders = [path for path in (sys_root / "class/drm").glob("card*") if re.fullmatch(r"card\d+", path.name)]
    ordered = sorted(folders, key=lambda path: int(path.name[4:]))
    return tuple(_card(path, nodes) for path in ordered if _number(path / "device/vendor") == AMD_VENDOR)


def gfx_name(target_version: int) -> str:
    """KFD's ``gfx_target_version`` as compilers write it: 100304 is gfx1034, 90010 is gfx90a."""
    return f"gfx{target_version // 10000}{target_version // 100 % 100:x}{target_version % 100:x}"


def _card(folder: Path, nodes: list[_Node]) -> Card:
    device = folder / "device"
    minors = {int(path.name[7:]) for path in (device / "drm").glob("renderD*") if path.name[7:].isdigit()}
    targets = [node.gfx_target for node in nodes if node.render_minor in minors]
    if not targets and len(nodes) == 1:
        targets = [nodes[0].gfx_target]
    product = _number(device / "device")
    busy = _number(device / "gpu_busy_percent")
    return Card(
        name=folder.name,
        pci_id=f"{AMD_VENDOR:04x}:{product:04x}" if product is not None else f"{AMD_VENDOR:04x}",
        gfx_target=targets[0] if targets else None,
        vram_total_bytes=_number(device / "mem_info_vram_total"),
        vram_used_bytes=_number(device / "mem_info_vram_used"),
        busy_percent=busy if busy is not None and 0 <= busy <= 100 else None,
    )


def _kfd_nodes(sys_root: Path) -> list[_Node]:
    found = []
    for path in sorted((sys_root / "class/kfd/kfd/topology/nodes").glob("*/properties")):
        pairs = (line.split() for line in (_text(path) or "").splitlines())
        values = {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}
        if values.get("gfx_target_version"):  # 0 is the processor's own node
            found.append(_Node(values.get("drm_render_minor", -1), gfx_name(values["gfx_target_version"])))
    return found


def _number(path: Path) -> int | None:
    try:
        return int((_text(path) or "").strip(), 0)
    except ValueError:
        return None


def _text(path: Path) -> str | None:
    """None for a file that is absent or answers with an error, as the busy file of a sleeping card does."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None
