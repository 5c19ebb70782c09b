"""Issue 2, acceptance 5: adapters loaded, mixed and swapped 200 times between answers over HTTP.

Each answer names its mix and equals, byte for byte, the answer that mix gives alone in a fresh daemon.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import pytest

from a3x import resources
from tests.support import tiny
from tests.support.daemon import Daemon

SWAPS = 200
QUESTION = "Who are you, and what can you do?"
MODELS = (
    *("a3x:base", "a3x:cli@1", "a3x:cli@2", "a3x:general@1", "a3x:cli@1=0.5", "a3x:cli@1=1.0+general@1=0.5"),
    *("a3x:cli@1=0.3+cli@2=0.3+general@1=0.3", "a3x:python@1"),
)


def install(daemon: Daemon, folder: Path) -> dict[str, str]:
    """Upload four random adapters; name → sha256."""
    base = resources.seed_model()
    hashes = {}
    with daemon.client() as client:
        for seed, theme in enumerate(("cli", "cli", "general", "python")):
            data = tiny.write_adapter(folder / f"{seed}.gguf", base, seed, strength=2.0).read_bytes()
            answer = client.post(f"/a3x/adapters/{theme}", content=data).raise_for_status().json()
            hashes[f"{theme}@{answer['version']}"] = answer["sha256"]
            assert answer["sha256"] == hashlib.sha256(data).hexdigest()
    return hashes


def ask(daemon: Daemon, model: str) -> tuple[str, list[dict[str, Any]]]:
    answer = daemon.chat(QUESTION, model=model, temperature=0, max_tokens=32)
    return answer["choices"][0]["message"]["content"], answer["a3x"]["mix"]


def expected_mix(model: str, hashes: dict[str, str]) -> list[dict[str, Any]]:
    parts = []
    for part in model.removeprefix("a3x:").split("+") if model != "a3x:base" else []:
        name, _, scale = part.partition("=")
        theme, _, version = name.partition("@")
        parts.append({"theme": theme, "version": int(version), "sha256": hashes[name], "scale": float(scale or 1.0)})
    return parts


@pytest.mark.integration
@pytest.mark.timeout(900)
def test_two_hundred_swaps(tmp_path: Path) -> None:
    alone: dict[str, str] = {}
    with Daemon(tmp_path / "home") as daemon:
        hashes = install(daemon, tmp_path)
    for model in MODELS:
        with Daemon(tmp_path / "home") as daemon:
            alone[model] = ask(daemon, model)[0]
    assert len(set(alone.values())) == len(MODELS), "the mixes must answer differently for this test to see anything"
    rng = random.Random(5)
    with Daemon(tmp_path / "home") as daemon:
        for _ in range(SWAPS):
            model = rng.choice(MODELS)
            text, mix = ask(daemon, model)
            assert text == alone[model], model
            assert mix == expected_mix(model, hashes)
