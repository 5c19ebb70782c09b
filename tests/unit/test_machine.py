"""Which build is chosen on which machine, told by made-up file systems."""

from __future__ import annotations

from pathlib import Path

import machine

from tests.support import rx6400

HEADER = (
    "#define VK_HEADER_VERSION {patch}\n"
    "#define VK_HEADER_VERSION_COMPLETE VK_MAKE_API_VERSION(0, 1, {minor}, VK_HEADER_VERSION)\n"
)


def with_vulkan(root: Path, minor: int = 4, patch: int = 309) -> None:
    rx6400.write(root / "usr/include/vulkan/vulkan_core.h", HEADER.format(minor=minor, patch=patch))
    rx6400.write(root / "usr/lib/x86_64-linux-gnu/libvulkan.so", "")
    rx6400.write(root / "usr/share/cmake/SPIRV-Headers/SPIRV-HeadersConfig.cmake", "")


def read(root: Path, *programs: str) -> machine.Machine:
    return machine.read(root, lambda name: f"/usr/bin/{name}" if name in programs else None)


def test_no_card_means_cpu(tmp_path):
    with_vulkan(tmp_path)
    choice = machine.choose(read(tmp_path, "glslc", "c++"))
    assert choice.backend == "cpu"
    assert "no AMD or NVIDIA card" in choice.reason
    assert {"-DGGML_NATIVE=on", "-DGGML_OPENMP=off"} <= set(choice.cmake_args)


def test_rx_6400_with_the_vulkan_toolchain(tmp_path):
    rx6400.make_sys(tmp_path / "sys")
    with_vulkan(tmp_path)
    choice = machine.choose(read(tmp_path, "glslc", "hipcc"))
    assert choice.backend == "vulkan"
    assert "-DGGML_VULKAN=on" in choice.cmake_args


def test_rx_6400_with_old_headers_says_what_is_missing(tmp_path):
    rx6400.make_sys(tmp_path / "sys")
    with_vulkan(tmp_path, minor=3, patch=239)
    choice = machine.choose(read(tmp_path, "glslc"))
    assert choice.backend == "cpu"
    assert "Vulkan headers >= 1.3.275" in choice.reason
    assert "glslc" not in choice.reason


def test_rx_6400_with_hipcc_only(tmp_path):
    rx6400.make_sys(tmp_path / "sys")
    choice = machine.choose(read(tmp_path, "hipcc"))
    assert choice.backend == "rocm"
    assert "-DGPU_TARGETS=gfx1034" in choice.cmake_args


def test_nvidia_never_gets_rocm(tmp_path):
    rx6400.write(tmp_path / "sys/class/drm/card0/device/vendor", "0x10de\n")
    assert machine.choose(read(tmp_path, "hipcc")).backend == "cpu"
    with_vulkan(tmp_path)
    assert machine.choose(read(tmp_path, "glslc")).backend == "vulkan"


def test_the_owner_overrides(tmp_path):
    rx6400.make_sys(tmp_path / "sys")
    assert machine.choose(read(tmp_path), "cpu").backend == "cpu"
    assert machine.choose(read(tmp_path), "rocm").backend == "rocm"


def test_processors_do_not_share_a_native_wheel(tmp_path):
    rx6400.write(tmp_path / "a/proc/cpuinfo", "flags : avx2\n")
    rx6400.write(tmp_path / "b/proc/cpuinfo", "flags : avx2 avx512f\n")
    assert read(tmp_path / "a").cpu != read(tmp_path / "b").cpu
