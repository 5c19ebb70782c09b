"""Twenty thousand mixed requests at eight clients, a third of whom leave early: no 5xx, no growth, nothing left busy."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from a3x import resources
from tests.support import tiny
from tests.support.crowd import Crowd
from tests.support.daemon import Daemon
from tests.support.slices import Campaign

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(8 * 3600)]

SEED = 1
WANTED = 20_000
CLIENTS = 8
BATCH = 250
WARM_UP = 500
"""Requests before the memory is looked at, and one search by meaning: contexts, caches, Python's own pools and the embedder,
which in a crowd waits half a minute for quiet, take their room first."""
GROWTH_LIMIT_BYTES = 50_000_000
IDLE_LIMIT_S = 30.0


def engine_status(client: httpx.Client) -> dict[str, Any]:
    """What the engine says once nobody waits for it any more, or after the limit."""
    end = time.monotonic() + IDLE_LIMIT_S
    while True:
        status = client.get("/a3x/status").raise_for_status().json()["engine"]
        if (not status["waiting"] and not status["sequences"]["busy"]) or time.monotonic() > end:
            return status
        time.sleep(0.1)


def resident_bytes(client: httpx.Client) -> int:
    return client.get("/a3x/status").raise_for_status().json()["resident_bytes"]


def test_a_crowd_leaves_nothing_behind(tmp_path: Path) -> None:
    campaign = Campaign.resume("requests", SEED, WANTED)
    with Daemon(tmp_path / "home", env={"A3X_LEARN__MODE": "off"}) as daemon, daemon.client() as client:
        for theme, seed in (("cli", 1), ("python", 2)):
            adapter = tiny.write_adapter(tmp_path / f"{theme}.gguf", resources.seed_model(), seed, strength=0.1)
            client.post(f"/a3x/adapters/{theme}", content=adapter.read_bytes()).raise_for_status()
        mixes = ("a3x", "a3x:base", "a3x:cli@1", "a3x:python@1", "a3x:cli@1=0.5+python@1=0.5")
        Crowd(daemon.url, SEED + 1, mixes).ask_all(range(WARM_UP), CLIENTS)
        client.get("/a3x/memory", params={"q": "what was asked"}, timeout=120).raise_for_status()
        crowd, at_first = Crowd(daemon.url, SEED, mixes), resident_bytes(client)
        for batch in campaign.batches(BATCH):
            for number, outcome in zip(batch, crowd.ask_all(batch, CLIENTS), strict=True):
                campaign.counts[outcome.name] += 1
                if outcome.trouble:
                    campaign.troubles.append(f"{number} {outcome.kind}: {outcome.trouble}")
            campaign.peak("growth_bytes", resident_bytes(client) - at_first)
        left = engine_status(client)
        campaign.peak("left_waiting", left["waiting"])
        campaign.peak("left_busy", left["sequences"]["busy"])
    campaign.finish(
        lambda done: {
            "no 5xx": not any(name.rpartition(" ")[2].startswith("5") for name in done.counts),
            "no other trouble": not done.troubles,
            "grew by less than 50 MB": done.peaks["growth_bytes"] < GROWTH_LIMIT_BYTES,
            "all sequences free": done.peaks["left_waiting"] == done.peaks["left_busy"] == 0,
        }
    )
