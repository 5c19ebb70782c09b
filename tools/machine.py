"""What this machine has, and which llama.cpp build fits it. Reads files, changes nothing, needs nothing installed.

The root of the file system and the lookup of programs are injected, so that a test can describe any machine.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

AMD = "0x1002"
NVIDIA = "0x10de"
BACKENDS = ("vulkan", "rocm", "cpu")
VULKAN_HEADERS_MIN = (1, 3, 275)
"""Older headers lack types that llama.cpp's Vulkan backend names (1.3.239 was tried and fails)."""


@dataclass(frozen=True)
class Machine:
    """The readings the choice is made from. ``vulkan_headers`` is (1, 4, 309)-like, None when there are none."""

    vendors: tuple[str, ...]
    gfx_targets: tuple[str, ...]
    vulkan_headers: tuple[int, int, int] | None
    vulkan_missing: tuple[str, ...]
    hipcc: bool
    compiler: bool
    cpu: str
    """Hash of processor, C library and compiler: a native wheel is not shared between two of these."""

    @property
    def amd(self) -> bool:
        return AMD in self.vendors or bool(self.gfx_targets)


@dataclass(frozen=True)
class Choice:
    """Which backend llama.cpp is built for, why, and the CMake switches that say so."""

    backend: str
    reason: str
    cmake_args: tuple[str, ...]


def read(root: Path = Path("/"), which: Callable[[str], str | None] = shutil.which, sdk: str = "") -> Machine:
    """Take the readings. ``sdk`` is a Vulkan SDK folder besides the system's own ones ("" for none)."""
    prefixes = [root / "usr", root / "usr/local"] + ([Path(sdk)] if sdk else [])
    headers = _vulkan_headers(prefixes)
    return Machine(
        vendors=_vendors(root),
        gfx_targets=_gfx_targets(root),
        vulkan_headers=headers,
        vulkan_missing=_vulkan_missing(prefixes, which, headers),
        hipcc=bool(which("hipcc")) or (root / "opt/rocm/bin/hipcc").exists(),
        compiler=bool(which("c++") or which("g++")),
        cpu=_cpu_hash(root),
    )


def choose(machine: Machine, asked: str = "auto") -> Choice:
    """The build for this machine; ``asked`` is one of BACKENDS or ``auto``."""
    if asked != "auto":
        return _choice(asked, "asked for", machine)
    if not machine.amd and NVIDIA not in machine.vendors:
        return _choice("cpu", "no AMD or NVIDIA card found", machine)
    if not machine.vulkan_missing:
        return _choice("vulkan", "a card is present and Vulkan can be built", machine)
    missing = ", ".join(machine.vulkan_missing)
    if machine.amd and machine.hipcc:
        return _choice("rocm", "an AMD card and hipcc are present; for Vulkan this is missing: " + missing, machine)
    return _choice("cpu", "a card is present, but to build for Vulkan this is missing: " + missing, machine)


def _choice(backend: str, reason: str, machine: Machine) -> Choice:
    # Image input and the server's helpers are not used here: without them 83 compile steps remain of 193. Threads: decision 0035.
    args = ["-DGGML_NATIVE=on", "-DLLAVA_BUILD=off", "-DGGML_OPENMP=off"]
    if backend == "vulkan":
        args.append("-DGGML_VULKAN=on")
    if backend == "rocm":
        args.append("-DGGML_HIP=on")
        if machine.gfx_targets:
            args.append("-DGPU_TARGETS=" + ";".join(machine.gfx_targets))
    return Choice(backend, reason, tuple(args))


def gfx_name(target_version: int) -> str:
    """The kernel's ``gfx_target_version`` as compilers write it: 100304 is gfx1034, 90010 is gfx90a."""
    return f"gfx{target_version // 10000}{target_version // 100 % 100:x}{target_version % 100:x}"


def _vendors(root: Path) -> tuple[str, ...]:
    found = {_text(path).strip() for path in root.glob("sys/class/drm/card*/device/vendor")}
    return tuple(sorted(found - {""}))


def _gfx_targets(root: Path) -> tuple[str, ...]:
    found = set()
    for path in root.glob("sys/class/kfd/kfd/topology/nodes/*/properties"):
        match = re.search(r"^gfx_target_version (\d+)$", _text(path), re.MULTILINE)
        if match and int(match.group(1)):  # 0 is the processor's own node
            found.add(gfx_name(int(match.group(1))))
    return tuple(sorted(found))


def _vulkan_headers(prefixes: list[Path]) -> tuple[int, int, int] | None:
    for prefix in prefixes:
        text = _text(prefix / "include/vulkan/vulkan_core.h")
        complete = re.search(r"VK_HEADER_VERSION_COMPLETE VK_MAKE_API_VERSION\(\d+, (\d+), (\d+),", text)
        patch = re.search(r"#define VK_HEADER_VERSION (\d+)", text)
        if complete and patch:
            return int(complete.group(1)), int(complete.group(2)), int(patch.group(1))
    return None


def _vulkan_missing(
    prefixes: list[Path], which: Callable[[str], str | None], headers: tuple[int, int, int] | None
) -> tuple[str, ...]:
    wanted = ".".join(str(part) for part in VULKAN_HEADERS_MIN)
    there: dict[str, bool] = {
        "Vulkan headers >= " + wanted: bool(headers and headers >= VULKAN_HEADERS_MIN),
        "glslc": bool(which("glslc")),
        "libvulkan.so": _any(prefixes, ("lib*/libvulkan.so", "lib/*/libvulkan.so")),
        "SPIRV-Headers": _any(
            prefixes,
            (
                "share/cmake/SPIRV-Headers/*onfig.cmake",
                "lib*/cmake/SPIRV-Headers/*onfig.cmake",
                "lib/*/cmake/SPIRV-Headers/*onfig.cmake",
            ),
        ),
    }
    return tuple(name for name, present in there.items() if not present)


def _any(prefixes: list[Path], patterns: tuple[str, ...]) -> bool:
    return any(True for prefix in prefixes for pattern in patterns for _ in prefix.glob(pattern))


def _cpu_hash(root: Path) -> str:
    text = _text(root / "proc/cpuinfo")
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    parts = [platform.machine(), "-".join(platform.libc_ver()), _compiler_version()]
    parts += [found.group(1) for found in (flags, model) if found]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _compiler_version() -> str:
    try:
        return subprocess.run(["c++", "-dumpfullversion"], capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def _text(path: Path) -> str:
    """The file's text, "" when it cannot be read: an absent reading is not an error here."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
