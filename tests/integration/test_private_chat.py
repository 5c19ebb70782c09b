"""A request that asks for no learning leaves no byte in the home; the same request without it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.daemon import Daemon

CANARY = "quokka zebra nineteen"


def found(home: Path) -> bool:
    return any(CANARY.encode() in path.read_bytes() for path in home.rglob("*") if path.is_file())


@pytest.mark.integration
def test_a_private_request_stores_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    body = {"model": "a3x", "messages": [{"role": "user", "content": CANARY}], "max_tokens": 4}
    with Daemon(home) as daemon, daemon.client() as client:
        headers = {"X-A3X-Learn": "off", "X-A3X-Session": CANARY}
        client.post("/v1/chat/completions", json=body, headers=headers).raise_for_status()
        assert not found(home)
        client.post("/v1/chat/completions", json=body).raise_for_status()
        assert found(home)  # negative control
        forgotten = client.post("/a3x/forget", json={"query": CANARY, "preview": False}).raise_for_status().json()
        assert len(forgotten["experiences"]) == 1
        assert not found(home)
