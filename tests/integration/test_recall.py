"""The daemon remembers what was stated in another session, says where it has it from, and leaves off when told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.daemon import Daemon

QUESTION = "What is the code of the blue locker?"


@pytest.mark.integration
def test_a_fact_goes_from_one_session_to_another(tmp_path: Path) -> None:
    with Daemon(tmp_path / "home") as daemon, daemon.client() as client:
        before = daemon.chat(QUESTION)
        told = daemon.chat("Remember that the code of the blue locker is 8471.")["a3x"]["experience_id"]
        after = daemon.chat(QUESTION)
        assert "8471" in after["choices"][0]["message"]["content"]
        (source,) = after["a3x"]["sources"]
        assert (source["experience_id"], after["a3x"]["critique"]) == (told, "agrees")
        off = daemon.chat(QUESTION, recall=False)
        assert off["choices"] == before["choices"]
        assert (off["a3x"]["sources"], off["usage"]) == ([], before["usage"])
        assert daemon.chat("list the files")["a3x"]["sources"] == []
        (fact,) = client.get("/a3x/memory/facts").json()["facts"]
        assert (fact["experience_id"], fact["value"]) == (told, "8471")
        forgotten = client.post("/a3x/forget", json={"ids": [told], "preview": False}).raise_for_status().json()
        assert len(forgotten["experiences"]) == 2, "the answer that cites it goes too"
        assert client.get("/a3x/memory/facts").json()["facts"] == []
        assert daemon.chat(QUESTION)["choices"] == before["choices"]


@pytest.mark.integration
def test_recall_can_be_switched_off(tmp_path: Path) -> None:
    with Daemon(tmp_path / "home", env={"A3X_MEMORY__RECALL__ON": "false"}) as daemon:
        daemon.chat("Remember that the code of the blue locker is 8471.")
        answer = daemon.chat(QUESTION)
        assert answer["a3x"]["sources"] == []
        assert "8471" not in answer["choices"][0]["message"]["content"]
