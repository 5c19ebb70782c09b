"""Issue 2, "Bad input", a full disk: a real daemon whose home is a filesystem of two megabytes.

Answers go on with ``recorded: false``, what was stored stays, and storing begins again when there is room, in the same
process. Making a filesystem takes root. At fifty points, and on a disk that pretends to be full:
``tests/acceptance/test_full_disk.py``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from a3x import resources
from tests.support import tiny
from tests.support.daemon import Daemon
from tests.support.filesystem import filesystem, fill

pytestmark = [pytest.mark.integration, pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")]

SIZE_BYTES = 2 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a filesystem of its own."""
    with filesystem(tmp_path / "home", SIZE_BYTES) as folder:
        yield folder


def chat(daemon: Daemon, text: str) -> dict[str, Any]:
    answer = daemon.chat(text, max_tokens=8)
    assert answer["usage"]["completion_tokens"] > 0
    return answer["a3x"]


def until_full(daemon: Daemon) -> tuple[list[str], str]:
    """What was still stored, for the log has some room of its own, and the first that was not."""
    recorded: list[str] = []
    for n in range(100):
        answer = chat(daemon, f"full {n} " + "x" * 500)
        if not answer["recorded"]:
            return recorded, answer["experience_id"]
        recorded.append(answer["experience_id"])
    raise AssertionError("the disk was never full")


def fails(answer: httpx.Response) -> None:
    assert answer.status_code == 507, answer.text
    assert answer.json()["error"]["code"] == "storage_full"


def test_answers_go_on_and_nothing_stored_is_lost(small: Path, tmp_path: Path) -> None:
    adapter = tiny.write_adapter(tmp_path / "a.gguf", resources.seed_model(), seed=1).read_bytes()
    kept: list[str] = []
    with Daemon(small, env={"TMPDIR": str(small)}) as daemon, daemon.client() as client:
        kept += [chat(daemon, f"before {n}")["experience_id"] for n in range(5)]
        filler = fill(small)
        recorded, lost = until_full(daemon)
        kept += recorded
        fails(client.post("/a3x/adapters/cli", content=adapter))
        fails(client.post("/a3x/feedback", json={"experience_id": kept[0], "rating": -1, "correction": "x" * 7_900}))
        assert not streamed(client, "hi " * 200)["recorded"]
        assert client.get(f"/a3x/memory/{lost}").status_code == 404
        assert all(client.get(f"/a3x/memory/{id}").status_code == 200 for id in kept)

        filler.unlink()
        answer = chat(daemon, "after")
        assert answer["recorded"]
        kept.append(answer["experience_id"])
        assert client.post("/a3x/adapters/cli", content=adapter).status_code == 201
        assert client.get("/a3x/status").json()["pid"] == daemon.pid
    with Daemon(small) as daemon, daemon.client() as client:
        found = [one["id"] for one in client.get("/a3x/memory?limit=200").json()["experiences"]]
    assert sorted(found) == sorted(kept)


def test_a_daemon_that_starts_on_a_full_disk_says_so(small: Path) -> None:
    with Daemon(small):
        pass
    fill(small)
    for name in ("a3x.db", "a3x.db-wal", "a3x.db-shm"):
        (small / name).unlink(missing_ok=True)
    fill(small)
    with pytest.raises(RuntimeError, match=r"a3x: .*(full|No space left)"):
        Daemon(small).start()


def streamed(client: httpx.Client, text: str) -> dict[str, Any]:
    """The ``a3x`` object of a streamed answer."""
    body = {"model": "a3x", "messages": [{"role": "user", "content": text}], "max_tokens": 8, "stream": True}
    lines = client.post("/v1/chat/completions", json=body).raise_for_status().text.split("\n\n")
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines if line and "[DONE]" not in line]
    return next(chunk["a3x"] for chunk in chunks if "a3x" in chunk)
