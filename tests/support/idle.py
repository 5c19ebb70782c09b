"""What a daemon that nobody asks costs: its memory, its wake-ups, and how long the first word takes after that."""

from __future__ import annotations

import json
import time
from typing import Any

from a3x.hardware.process import pss_bytes, wakeups
from tests.support.daemon import Daemon

WINDOW_S = 10.0
ASLEEP = {"A3X_ENGINE__IDLE_UNLOAD_S": "1", "A3X_EMBEDDER__IDLE_S": "1"}
"""A quarter of an hour and five minutes made short: both models leave memory."""
AWAKE = {"A3X_ENGINE__IDLE_UNLOAD_S": "0"}


def engine(daemon: Daemon) -> dict[str, Any]:
    with daemon.client() as client:
        return client.get("/a3x/status").raise_for_status().json()["engine"]


def wait_until_asleep(daemon: Daemon, limit_s: float = 30.0) -> None:
    deadline = time.monotonic() + limit_s
    while engine(daemon)["sleep"]["state"] != "asleep":
        if time.monotonic() > deadline:
            raise AssertionError(f"still awake after {limit_s} s")
        time.sleep(0.1)


def cost(daemon: Daemon, window_s: float = WINDOW_S) -> tuple[float, float]:
    """PSS in MB (10**6 bytes) and wake-ups a second of a daemon that is left alone meanwhile."""
    time.sleep(6.0)  # what the last request left: closing connections, embedding what was said
    before = wakeups(daemon.pid)
    began = time.monotonic()
    time.sleep(window_s)
    rate = (wakeups(daemon.pid) - before) / (time.monotonic() - began)
    return pss_bytes(daemon.pid) / 1e6, rate


def first_word_s(daemon: Daemon) -> float:
    """From sending a question to the first piece of its answer."""
    body = {"model": "a3x:base", "stream": True, "max_tokens": 8, "messages": [{"role": "user", "content": "Hello!"}]}
    with daemon.client() as client:
        began = time.monotonic()
        with client.stream("POST", "/v1/chat/completions", json=body) as answer:
            for line in answer.raise_for_status().iter_lines():
                chunk = json.loads(line[6:]) if line.startswith("data: {") else {}
                if any(choice["delta"].get("content") for choice in chunk.get("choices", ())):
                    return time.monotonic() - began
    raise AssertionError("the answer has no text")
