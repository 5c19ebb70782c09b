"""AMD cards as the kernel's sysfs and KFD report them. Starts no program, needs no ROCm; what cannot be read is None.

Source of the names: the kernel's amdgpu documentation. A missing reading is never given as 0: "idle" and "unknown"
lead to opposite decisions about training.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

AMD_VENDOR = 0x1002


@dataclass(frozen=True)
class Card:
    """One card now. ``busy_percent`` 0–100; memory in bytes; ``gfx_target`` such as "gfx1034".

    ``link`` is the PCIe connection as it runs now ("16.0 GT/s x4"): a resting card may show a slower one.
    """

    name: str
    pci_id: str
    gfx_target: str | None
    vram_total_bytes: int | None
    vram_used_bytes: int | None
    busy_percent: int | None
    link: str | None

    @property
    def vram_free_bytes(self) -> int | None:
        """None unless both readings are there and agree: a card cannot use more than it has."""
        if self.vram_total_bytes is None or self.vram_used_bytes is None:
            return None
        free = self.vram_total_bytes - self.vram_used_bytes
        return free if free >= 0 else None


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


def largest(found: Iterable[Card]) -> Card | None:
    """The card a model would go to: the one with most memory, which beside a processor's own graphics is the real one.

    None where no card's memory can be read.
    """
    readable = [card for card in found if card.vram_total_bytes and card.vram_free_bytes is not None]
    return max(readable, key=lambda card: card.vram_total_bytes or 0, default=None)


def gfx_name(target_version: int) -> str:
    """KFD's ``gfx_target_version`` as compilers write it: 100304 is gfx1034, 90010 is gfx90a."""
    return f"gfx{target_version // 10000}{target_version // 100 % 100:x}{target_version % 100:x}"


def _card(folder: Path, nodes: list[_Node]) -> Card:
    device = folder / "device"
    minors = {int(path.name[7:]) for path in (device / "drm").glob("renderD*") if path.name[7:].isdecimal()}
    targets = [node.gfx_target for node in nodes if node.render_minor in minors]
    if not targets and len(nodes) == 1:
        targets = [nodes[0].gfx_target]
    product = _number(device / "device")
    busy = _number(device / "gpu_busy_percent")
    return Card(
        name=folder.name,
        pci_id=f"{AMD_VENDOR:04x}:{product:04x}" if product is not None else f"{AMD_VENDOR:04x}",
        gfx_target=targets[0] if targets else None,
        vram_total_bytes=_whole(device / "mem_info_vram_total"),
        vram_used_bytes=_whole(device / "mem_info_vram_used"),
        busy_percent=busy if busy is not None and 0 <= busy <= 100 else None,
        link=_link(device),
    )


def _link(device: Path) -> str | None:
    """Speed and width; the kernel writes "Unknown" for a link it cannot ask."""
    speed = re.match(r"[\d.]+ GT/s", _text(device / "current_link_speed") or "")
    width = _whole(device / "current_link_width")
    return f"{speed.group()} x{width}" if speed and width else None


def _kfd_nodes(sys_root: Path) -> list[_Node]:
    found = []
    for path in sorted((sys_root / "class/kfd/kfd/topology/nodes").glob("*/properties")):
        pairs = (line.split() for line in (_text(path) or "").splitlines())
        values = {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdecimal()}
        if values.get("gfx_target_version"):  # 0 is the processor's own node
            found.append(_Node(values.get("drm_render_minor", -1), gfx_name(values["gfx_target_version"])))
    return found


def _whole(path: Path) -> int | None:
    number = _number(path)
    return number if number is not None and number >= 0 else None


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
