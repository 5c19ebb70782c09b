"""``a3x model`` for real: the seed file, a daemon that serves what was chosen, a hub over HTTP, kills in the middle."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from a3x import resources
from a3x.clock import SystemClock
from a3x.disk import RealDisk
from a3x.stores.models import PARTS, STAGING, Models
from tests.support import tiny
from tests.support.daemon import Daemon
from tests.support.fake_hub import COMMIT, FakeHub
from tests.support.import_child import NAME, check

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
REPO = "somebody/tiny-GGUF"
KILLS = 24
HUB_BLOCK_BYTES = 10 << 20
"""What the hub's library hands over at a time: so much of a download can be lost to a kill."""


def command(home: Path, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "a3x.cli.main", "model", *map(str, arguments), "--home", str(home)]


def environment(hub: FakeHub | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "A3X_"))}
    here = {"HF_ENDPOINT": hub.url, "HF_HOME": "/nonexistent"} if hub else {"HF_ENDPOINT": "http://127.0.0.1:9"}
    return {**kept, **here, "A3X_SERVER__PORT": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def model(home: Path, *arguments: str | Path, hub: FakeHub | None = None) -> tuple[int, Any, str]:
    """Exit code, the JSON on stdout, stderr."""
    done = subprocess.run(
        command(home, *arguments, "--json"), env=environment(hub), cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def left(home: Path) -> list[str]:
    """What lies in the store besides the lock and the choice."""
    root = home / "models"
    return sorted(one.name for one in root.iterdir() if one.name not in (".lock", "used.json")) if root.is_dir() else []


# --- import, use, serve ----------------------------------------------------------------------------------------------


def test_the_seed_is_imported_listed_verified_and_removed(tmp_path: Path) -> None:
    home, seed = tmp_path / "home", resources.seed_model()
    code, made, _ = model(home, "import", seed, "--name", "mine")
    assert code == 0
    assert made["sha256"] == hashlib.sha256(seed.read_bytes()).hexdigest()
    facts = made["facts"]
    assert (facts["architecture"], facts["quantisation"], facts["template"]) == ("llama", "F16", True)
    assert facts["kv_per_token"] == 2 * 6 * 256
    assert 6e6 < facts["parameters"] < 6.5e6

    code, _, said = model(home, "import", seed, "--name", "again")
    assert (code, "here already, as 'mine'" in said) == (1, True)
    code, listed, _ = model(home, "list")
    assert [line["name"] for line in listed["models"]] == ["seed", "mine"]
    assert [line["next"] for line in listed["models"]] == [True, False]
    assert model(home, "verify")[:2] == (0, {"ok": True, "problems": []})

    weights = home / "models/mine/model.gguf"
    with weights.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    code, told, _ = model(home, "verify", "mine")
    assert (code, told["ok"]) == (1, False)
    assert model(home, "remove", "mine")[0] == 0
    assert left(home) == []


def test_what_cannot_serve_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    whole = tiny.write_model(tmp_path / "whole.gguf").read_bytes()
    adapter = tiny.write_adapter(tmp_path / "adapter.gguf", tmp_path / "whole.gguf", seed=1)
    (tmp_path / "cut.gguf").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.gguf").write_text("not a model at all, " * 10)
    refused = {tmp_path / "cut.gguf": "not a whole GGUF", tmp_path / "text.gguf": "magic", adapter: "an adapter"}
    for file, reason in refused.items():
        code, told, said = model(home, "import", file)
        assert (code, told) == (1, None)
        assert reason in said
    assert left(home) == []


def test_the_daemon_serves_what_was_chosen(tmp_path: Path) -> None:
    home = tmp_path / "home"
    other = tiny.write_model(tmp_path / "other.gguf", seed=3)
    assert model(home, "import", other)[0] == 0
    seed_sha = hashlib.sha256(resources.seed_model().read_bytes()).hexdigest()

    def served(*flags: str) -> str:
        with Daemon(home, None, *flags) as daemon:
            return httpx.get(f"{daemon.url}/a3x/status").json()["model"]["sha256"]

    with Daemon(home) as daemon:
        assert httpx.get(f"{daemon.url}/a3x/status").json()["model"]["sha256"] == seed_sha
        code, told, _ = model(home, "use", "other")
        assert (code, told["restart_needed"], told["adapters"]) == (0, True, 0)
        code, listed, _ = model(home, "list")
        assert [(line["name"], line["serves"], line["next"]) for line in listed["models"]] == [
            ("seed", True, False),
            ("other", False, True),
        ]
    chosen = hashlib.sha256(other.read_bytes()).hexdigest()
    assert served() == chosen
    assert served("--model", "seed") == seed_sha  # a flag comes first
    with Daemon(home) as daemon:
        code, _, said = model(home, "remove", "other")
        assert (code, "serves other" in said) == (1, True)
        assert httpx.get(f"{daemon.url}/a3x/status").json()["model"]["sha256"] == chosen
    assert model(home, "use", "seed")[0] == 0
    assert served() == seed_sha
    assert served("--model", "other") == chosen


# --- kills -----------------------------------------------------------------------------------------------------------


def killed(home: Path, file: Path, mode: str, after_s: float) -> None:
    child = [sys.executable, "-m", "tests.support.import_child", str(home), str(file), mode]
    with subprocess.Popen(child, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n"
        time.sleep(after_s)
        process.kill()


def half_models(home: Path) -> list[str]:
    """What a reader takes for a model and is none."""
    return Models(home, RealDisk(), SystemClock(), check).verify()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.gguf"
    path.write_bytes(random.Random(1).randbytes(8 << 20))
    return path


def test_an_import_that_is_killed_leaves_no_half_model(tmp_path: Path, large: Path) -> None:
    home, rng = tmp_path / "home", random.Random(7)
    interrupted = 0
    for _ in range(KILLS):
        killed(home, large, "whole", rng.random() * 0.08)
        assert half_models(home) == []
        interrupted += any(name.startswith(STAGING) for name in left(home))
    assert interrupted > 0  # some kill came in the middle
    models = Models(home, RealDisk(), SystemClock(), check)
    models.use("seed")  # any change clears away
    assert [name for name in left(home) if name != NAME] == []


def test_an_import_in_place_is_caught(tmp_path: Path, large: Path) -> None:
    """Negative control."""
    home, rng = tmp_path / "home", random.Random(7)
    for _ in range(KILLS):
        killed(home, large, "torn", rng.random() * 0.08)
        if half_models(home):
            return
    pytest.fail("no kill came in the middle of an import: the test above would notice nothing")


# --- the hub ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    weights = tiny.write_model(tmp_path / "model.gguf", seed=5, width=256).read_bytes()
    files = {
        "README.md": b"# tiny",
        "tiny-Q8_0.gguf": weights + bytes(3 * HUB_BLOCK_BYTES),
        "tiny-Q4_K_M.gguf": weights + bytes(2 * HUB_BLOCK_BYTES),
    }
    with FakeHub(REPO, files).running() as running:
        yield running


def test_a_model_is_pulled_and_says_where_it_is_from(tmp_path: Path, hub: FakeHub) -> None:
    home = tmp_path / "home"
    code, made, said = model(home, "pull", REPO, hub=hub)
    assert code == 0, said
    assert made["name"] == "tiny-q4_k_m"
    assert made["source"] == f"hub:{REPO}@{COMMIT}:tiny-Q4_K_M.gguf"
    assert made["reason"].startswith("Q4_K_M is the best that fits")
    assert made["sha256"] == hashlib.sha256(hub.files["tiny-Q4_K_M.gguf"]).hexdigest()
    assert (left(home), list((home / "models" / PARTS).iterdir())) == ([PARTS, "tiny-q4_k_m"], [])
    assert model(home, "verify")[0] == 0
    asked = len(hub.served)
    code, _, said = model(home, "pull", f"{REPO}:tiny-Q4_K_M.gguf", "--name", "twin", hub=hub)
    assert (code, "here already" in said, len(hub.served)) == (1, True, asked)


def test_a_pull_that_is_killed_goes_on_where_it_was(tmp_path: Path, hub: FakeHub) -> None:
    home = tmp_path / "home"
    size = len(hub.files["tiny-Q4_K_M.gguf"])
    hub.stall_after = HUB_BLOCK_BYTES * 3 // 2
    process = subprocess.Popen(
        command(home, "pull", REPO, "--json"), env=environment(hub), cwd=ROOT, stdout=subprocess.DEVNULL
    )
    assert hub.stalled.wait(60)
    [part] = (home / "models" / PARTS).iterdir()
    deadline = time.monotonic() + 10
    while part.stat().st_size < HUB_BLOCK_BYTES and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    have = part.stat().st_size
    assert HUB_BLOCK_BYTES <= have < size
    assert [name for name in left(home) if name != PARTS] == []

    hub.stall_after = None
    hub.release.set()
    code, made, said = model(home, "pull", REPO, hub=hub)
    assert code == 0, said
    assert hub.served[-1] == (have, size - have)  # not a byte twice
    assert made["sha256"] == hashlib.sha256(hub.files["tiny-Q4_K_M.gguf"]).hexdigest()


def test_a_broken_connection_is_taken_up_again(tmp_path: Path, hub: FakeHub) -> None:
    size = len(hub.files["tiny-Q4_K_M.gguf"])
    hub.cut_after = HUB_BLOCK_BYTES * 3 // 2
    code, _, said = model(tmp_path / "home", "pull", REPO, hub=hub)
    assert code == 0, said
    assert hub.served[0][0] == 0
    assert hub.served[-1][0] > 0
    assert sum(sent for _, sent in hub.served) <= size + HUB_BLOCK_BYTES


def test_a_server_without_ranges_still_gives_a_whole_file(tmp_path: Path, hub: FakeHub) -> None:
    """A part is there and the answer begins at 0 all the same."""
    home = tmp_path / "home"
    content = hub.files["tiny-Q4_K_M.gguf"]
    part = home / "models" / PARTS / f"{hashlib.sha256(content).hexdigest()}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(content[:100_000])
    hub.ranges = False
    code, _, said = model(home, "pull", REPO, hub=hub)
    assert code == 0, said
    assert model(home, "verify")[0] == 0


def test_what_is_not_what_the_hub_says_is_refused(tmp_path: Path, hub: FakeHub) -> None:
    """Negative control of the hash: the bytes are a fine model, only not the stated one."""
    home = tmp_path / "home"
    hub.lies["tiny-Q4_K_M.gguf"] = "ab" * 32
    code, told, said = model(home, "pull", REPO, hub=hub)
    assert (code, told) == (1, None)
    assert f"not {'ab' * 32} as the hub says" in said
    assert left(home) == [PARTS]
    assert list((home / "models" / PARTS).iterdir()) == []


def test_a_part_of_another_file_is_found_out(tmp_path: Path, hub: FakeHub) -> None:
    home = tmp_path / "home"
    content = hub.files["tiny-Q4_K_M.gguf"]
    part = home / "models" / PARTS / f"{hashlib.sha256(content).hexdigest()}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(100_000))
    assert model(home, "pull", REPO, hub=hub)[0] == 1
    assert model(home, "pull", REPO, hub=hub)[0] == 0  # the second time it begins anew


def test_the_hubs_refusals_are_explained(tmp_path: Path, hub: FakeHub) -> None:
    home = tmp_path / "home"
    for source, reason in (
        ("somebody/else", "has no somebody/else"),
        (f"{REPO}:none.gguf", "tiny-Q8_0.gguf"),
        ("not a name", "OWNER/NAME"),
        (f"{REPO}:README.md", "there is no 'README.md'"),
    ):
        code, _, said = model(home, "pull", source, hub=hub)
        assert (code, reason in said) == (1, True), said
    hub.gated = True
    assert "HF_TOKEN" in model(home, "pull", REPO, hub=hub)[2]
    assert "did not give it" in model(home, "pull", REPO)[2]  # nobody listens there
    assert left(home) == []
