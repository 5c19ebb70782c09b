"""A made-up /sys of a machine with one RX 6400, as files in a folder. Not a copy of any real machine's tree."""

from __future__ import annotations

from pathlib import Path

VRAM_TOTAL_BYTES = 4080 << 20
VRAM_USED_BYTES = 512 << 20


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make_sys(sys_root: Path, busy: str | None = "7\n") -> Path:
    """Build the tree under ``sys_root``; ``busy`` None leaves the busy file out. Returns the card's device folder."""
    device = sys_root / "class/drm/card0/device"
    write(device / "vendor", "0x1002\n")
    write(device / "device", "0x743f\n")
    write(device / "mem_info_vram_total", f"{VRAM_TOTAL_BYTES}\n")
    write(device / "mem_info_vram_used", f"{VRAM_USED_BYTES}\n")
    write(device / "current_link_speed", "16.0 GT/s PCIe\n")
    write(device / "current_link_width", "4\n")
    if busy is not None:
        write(device / "gpu_busy_percent", busy)
    (device / "drm/renderD128").mkdir(parents=True)
    (sys_root / "class/drm/card0-DP-1").mkdir()
    nodes = sys_root / "class/kfd/kfd/topology/nodes"
    write(nodes / "0/properties", "cpu_cores_count 12\ngfx_target_version 0\ndrm_render_minor 0\n")
    write(nodes / "1/properties", "cpu_cores_count 0\ngfx_target_version 100304\ndrm_render_minor 128\n")
    return device
