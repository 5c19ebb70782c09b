"""Issue 4, idle budget: nobody asks, the model is unloaded: at most 150 MB PSS and two wake-ups a second."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support import tiny
from tests.support.daemon import Daemon
from tests.support.idle import ASLEEP, AWAKE, cost, engine, first_word_s, wait_until_asleep

MOST_MB = 150.0
MOST_WAKEUPS_PER_S = 2.0

TICKING = """
import sys
import uvicorn
from a3x import daemon
from a3x.cli import main

daemon.HttpServer.main_loop = uvicorn.Server.main_loop
sys.exit(main.run(sys.argv[1:]))
"""

HOARDING = """
import sys
from a3x.cli import main
from a3x.engine.llama import Context

Context.close = lambda self: None
sys.exit(main.run(sys.argv[1:]))
"""
WAKES, LEFT_MB = 5, 15.0

pytestmark = [pytest.mark.acceptance, pytest.mark.integration]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of 140 MB: with them in memory the budget cannot be kept."""
    path = tiny.write_model(tmp_path_factory.mktemp("large") / "large.gguf", width=2048)
    assert path.stat().st_size > 130e6
    return path


def test_the_seed_asleep_is_within_the_budget(tmp_path: Path) -> None:
    with Daemon(tmp_path / "home", env=ASLEEP) as daemon:
        first_word_s(daemon)
        daemon.chat("What is 12 + 30?", max_tokens=32)
        wait_until_asleep(daemon)
        pss_mb, rate = cost(daemon)
        assert pss_mb <= MOST_MB
        assert rate <= MOST_WAKEUPS_PER_S
        assert first_word_s(daemon) > 0
        assert engine(daemon)["sleep"]["wakes"] >= 1


def test_a_large_model_asleep_is_within_the_budget(tmp_path: Path, large: Path) -> None:
    with Daemon(tmp_path / "home", large, env=ASLEEP) as daemon:
        for _ in range(3):  # what a wake leaves behind would add up
            first_word_s(daemon)
            wait_until_asleep(daemon)
        pss_mb, rate = cost(daemon)
        assert pss_mb <= MOST_MB
        assert rate <= MOST_WAKEUPS_PER_S
        assert engine(daemon)["sleep"]["freed_bytes"] > 100e6


def test_a_model_that_stays_loaded_is_seen(tmp_path: Path, large: Path) -> None:
    """Negative control for memory."""
    with Daemon(tmp_path / "home", large, env=AWAKE) as daemon:
        first_word_s(daemon)
        assert cost(daemon, window_s=2.0)[0] > MOST_MB


def test_a_ticker_is_seen(tmp_path: Path) -> None:
    """Negative control for wake-ups: uvicorn's own main loop, which looks ten times a second whether it shall stop."""
    script = tmp_path / "ticking.py"
    script.write_text(TICKING)
    daemon = Daemon(tmp_path / "home", env=ASLEEP, program=(sys.executable, str(script)))
    daemon.start()
    try:
        wait_until_asleep(daemon)
        assert cost(daemon)[1] > MOST_WAKEUPS_PER_S
    finally:
        daemon.kill()


def left_behind_mb(daemon: Daemon) -> float:
    """How much larger it sleeps after ``WAKES`` more of them."""
    first_word_s(daemon)
    wait_until_asleep(daemon)
    before, _ = cost(daemon, window_s=1.0)
    for _ in range(WAKES):
        first_word_s(daemon)
        wait_until_asleep(daemon)
    return cost(daemon, window_s=1.0)[0] - before


def test_waking_again_and_again_leaves_nothing_behind(tmp_path: Path) -> None:
    with Daemon(tmp_path / "home", env=ASLEEP) as daemon:
        assert left_behind_mb(daemon) <= LEFT_MB


def test_contexts_that_stay_are_seen(tmp_path: Path) -> None:
    """Negative control: llama.cpp keeps a context's memory once more a wake."""
    script = tmp_path / "hoarding.py"
    script.write_text(HOARDING)
    with Daemon(tmp_path / "home", env=ASLEEP, program=(sys.executable, str(script))) as daemon:
        assert left_behind_mb(daemon) > LEFT_MB
