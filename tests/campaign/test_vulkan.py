"""The Vulkan build, compiled here and run on whatever Vulkan device there is, answers like the processor.

Mesa's software device (llvmpipe) will do: docs/decisions/0017-vulkan-without-a-card.md says how to get the toolchain without a
card. Skipped, with the list, where something is missing. The wheel is kept in the installer's cache.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import install
import machine
import pytest

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(3600)]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Vulkan build of llama_cpp and nothing else."""
    readings = machine.read(sdk=os.environ.get("VULKAN_SDK", ""))
    if readings.vulkan_missing:
        pytest.skip("to build for Vulkan this is missing: " + ", ".join(readings.vulkan_missing))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(install, "PYTHON", Path(sys.executable))
        choice = machine.choose(readings, "vulkan")
        folder = install.wheel_folder(choice, readings)
        wheel = next(folder.glob("*.whl"), None) or install.build_wheel(choice, readings, folder)
    site = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(command, check=True)
    return site


def answers(build: Path, home: Path, device: str, **engine: Any) -> dict[str, Any]:
    """``device`` "" hides every Vulkan device; software ones are used only when they are named."""
    path = os.pathsep.join((str(build), str(ROOT)))
    environment = {**os.environ, "PYTHONPATH": path, "GGML_VK_VISIBLE_DEVICES": device}
    if not device:
        del environment["GGML_VK_VISIBLE_DEVICES"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.answers_child"],
        input=json.dumps({"home": str(home), "engine": engine}),
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_the_seed_answers_alike_on_vulkan_and_on_the_processor(build: Path, tmp_path: Path) -> None:
    processor = answers(build, tmp_path, "0", gpu_layers=0)
    card = answers(build, tmp_path, "0", gpu_layers=-1)
    if not any(one.startswith("Vulkan") for one in card["devices"]):
        pytest.skip(f"no Vulkan device; there are {', '.join(card['devices'])}")
    assert [one["raw"] for one in card["answers"]] == [one["raw"] for one in processor["answers"]]
    tokens, seconds = (sum(one[what] for one in card["answers"][1:]) for what in ("tokens", "s"))
    print(f"{card['devices'][0]}: {tokens} tokens in {seconds:.1f} s")
    # Negative control: a device that computed nothing would be as fast as the processor alone.
    alone = sum(one["s"] for one in processor["answers"][1:])
    assert not 0.8 < seconds / alone < 1.25
