"""The child of ``a3x doctor --bench`` on the seed, and what the library says it can compute on."""

from __future__ import annotations

from pathlib import Path

import pytest

from a3x.cli import speed
from a3x.config import load
from a3x.engine.build import CPU, describe
from a3x.engine.compare import Way

pytestmark = pytest.mark.integration


def test_a_way_is_measured_in_a_child_and_a_broken_one_says_why(tmp_path: Path) -> None:
    settings = load(flags={"home": str(tmp_path / "home")}, environ={})
    found = speed.measure(settings, Way("one thread", {"threads": 1, "gpu_layers": 0}))
    assert found.failed == ""
    assert found.prefill_tok_s > found.decode_tok_s > 1
    broken = speed.measure(settings, Way("no model", {"model": str(tmp_path / "absent.gguf")}))
    assert "there is no file" in broken.failed


def test_the_library_names_its_backends_and_devices() -> None:
    build = describe()
    assert CPU in build.backends
    [processor] = [one for one in build.devices if one.backend == CPU]
    assert processor.memory_bytes > 1 << 28
    assert build.gpu_offload == any(one.backend != CPU for one in build.devices)
