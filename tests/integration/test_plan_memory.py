"""Predicted against real memory: llama.cpp's own words about the buffers it made, and what the process grew by."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from a3x import resources
from a3x.config import EngineSection
from a3x.engine.plan import plan
from a3x.gguf.sizes import read_sizes
from a3x.hardware.room import Room
from tests.support import tiny

pytestmark = pytest.mark.integration

ROOM = Room(1, 16 << 30, 12 << 30, "the processor")
TOLERANCE = 0.10
SLACK_BYTES = 512 << 10
"""Tables and alignment that no formula of sizes has."""

CHILD = """
import ctypes, json, sys
import llama_cpp.llama_cpp as lib
from pathlib import Path
from a3x.engine import llama
from a3x.engine.pace import Pace
from a3x.hardware.process import pss_bytes

lines = []
llama.start_backend()
hear = lib.llama_log_callback(lambda level, text, user: lines.append(text.decode("utf-8", "replace")))
lib.llama_log_set(hear, ctypes.c_void_p(0))
path, context, kv_type, flash = sys.argv[1:]
before = pss_bytes()
model = llama.Model(Path(path), 0, plain_kernels=True)
held = llama.Context(model, int(context), Pace((1,)), kv_type, flash == "True")
held.decode([1] * 64, 0, want_logits=True)
held.logits()
print(json.dumps({"log": "".join(lines), "grown": pss_bytes() - before}))
"""


def really(path: Path, context: int, kv_type: str, flash: bool) -> dict[str, Any]:
    """MiB of each kind of buffer as llama.cpp tells them, and bytes that the process grew by."""
    command = [sys.executable, "-c", CHILD, str(path), str(context), kv_type, str(flash)]
    said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    found = re.findall(r"(model|KV|compute|output) buffer size = +([\d.]+) MiB", said["log"])
    sums = dict.fromkeys(("model", "KV", "compute", "output"), 0.0)
    for kind, size in found:
        sums[kind] += float(size) * 2**20
    return {**sums, "grown": said["grown"]}


def near(predicted: float, real: float) -> bool:
    return abs(predicted - real) <= TOLERANCE * real + SLACK_BYTES


@pytest.mark.parametrize(
    ("context", "kv_type", "flash"),
    [(1024, "f16", True), (512, "f16", False), (1024, "q8_0", True), (1024, "f32", False)],
)
def test_the_seed_takes_what_was_predicted(context: int, kv_type: str, flash: bool) -> None:
    path = resources.seed_model()
    real = really(path, context, kv_type, flash)
    one = {"resident_contexts": 1, "sequences": 1, "context_tokens": context}
    settings = EngineSection.model_validate({**one, "kv_type": kv_type, "flash_attention": flash})
    (use,) = plan(settings, read_sizes(path), ROOM).bytes
    assert near(use.weights, real["model"])
    assert near(use.kv, real["KV"])
    assert near(use.compute, real["compute"] + real["output"])
    assert abs(use.weights + use.kv + use.compute - real["grown"]) <= 0.25 * real["grown"] + (4 << 20)


def test_a_forgotten_kv_is_seen() -> None:
    """Negative control: a prediction without the KV misses by more than is tolerated."""
    real = really(resources.seed_model(), 1024, "f16", True)
    assert not near(0, real["KV"])
    assert not near(real["KV"], real["KV"] * 2), "the tolerance would not see f16 taken for f32"


def test_grouped_heads_are_counted_once(tmp_path: Path) -> None:
    path = tiny.write_model(tmp_path / "grouped.gguf", width=256, key_heads=1)
    real = really(path, 512, "f16", True)
    settings = EngineSection(resident_contexts=1, sequences=1, context_tokens=512, flash_attention=True)
    (use,) = plan(settings, read_sizes(path), ROOM).bytes
    assert near(use.kv, real["KV"]) and real["KV"] > 0
