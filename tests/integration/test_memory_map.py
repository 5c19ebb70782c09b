"""A few chats with the real daemon and the real embedder: the map has clusters, and novelty is no longer nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from a3x import resources
from tests.support.daemon import Daemon

QUESTIONS = ("how do I list hidden files?", "show the hidden files of this folder", "what is the capital of Peru?")


@pytest.mark.integration
def test_chats_draw_the_map(tmp_path: Path) -> None:
    assert resources.embedder().is_file(), "run python3 tools/install.py --extras dev,embedder"
    with Daemon(tmp_path / "home") as daemon, daemon.client() as client:
        ids = [daemon.chat(question, max_tokens=4)["a3x"]["experience_id"] for question in QUESTIONS]
        deadline = time.monotonic() + 60
        while (found := client.get("/a3x/memory/map").json())["members"] < len(QUESTIONS):
            assert time.monotonic() < deadline, found
            time.sleep(0.2)
        assert 1 < found["count"] <= len(QUESTIONS)
        rows = [client.get(f"/a3x/memory/{id}/why").json() for id in ids]
        assert all(row["components"]["novelty"]["value"] > 0 for row in rows)
