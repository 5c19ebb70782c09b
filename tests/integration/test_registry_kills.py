"""The registry under kill -9 at random moments, and how long a rollback takes. Real processes, no model."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from a3x.clock import SystemClock
from a3x.disk import RealDisk
from a3x.stores.adapters import Adapters
from a3x.stores.db import Database
from tests.support.registry_child import BASE, THEME

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
KILLS = 36
CHANGES = ("PROMISED", "ROLLBACK", "DONE")


def killed(home: Path, mode: str, after_s: float) -> list[str]:
    """Run the child, kill it ``after_s`` seconds after it is ready; what it said of changes since then."""
    command = [sys.executable, "-m", "tests.support.registry_child", str(home), mode]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("READY")
        time.sleep(after_s)
        child.kill()
        return [line for line in child.stdout.read().splitlines() if line.startswith(CHANGES)]


def looked_at(home: Path) -> tuple[str, list[str]]:
    """What serves after a restart, and what is wrong."""
    with Database(home / "a3x.db", RealDisk(), SystemClock()) as db:
        adapters = Adapters(db, home, RealDisk(), SystemClock())
        adapters.sweep()
        rows = db.read(lambda c: c.execute("SELECT version FROM adapter_active").fetchall())
        assert len(rows) <= 1
        return str(rows[0][0]) if rows else "base", adapters.verify()


def allowed(lines: list[str], before: str) -> set[str] | None:
    """What may serve after these lines: the last acknowledged, or what was under way. None: anything."""
    done = next((line.split()[1] for line in reversed(lines) if line.startswith("DONE")), before)
    if lines and lines[-1].startswith("ROLLBACK"):
        return None
    return {done, lines[-1].split()[1]} if lines else {done}


@pytest.mark.parametrize("mode", ["all", "switch"])
def test_nothing_is_half_done_after_a_kill(tmp_path: Path, mode: str) -> None:
    rng = random.Random(5)
    serves = "base"
    seen = 0
    for _ in range(KILLS if mode == "all" else KILLS // 3):
        lines = killed(tmp_path, mode, rng.random() * 0.1)
        before, (serves, problems) = serves, looked_at(tmp_path)
        assert problems == []
        may = allowed(lines, before)
        assert may is None or serves in may, (lines, before, serves)
        seen += len(lines)
    assert seen > KILLS  # the kills came while there was something to interrupt


def test_a_ledger_written_in_a_second_transaction_is_caught(tmp_path: Path) -> None:
    """Negative control."""
    rng = random.Random(5)
    for _ in range(KILLS):
        killed(tmp_path, "torn", rng.random() * 0.1)
        if any("by the ledger it is" in problem for problem in looked_at(tmp_path)[1]):
            return
    pytest.fail("no kill came between the two transactions: this test would not notice them")


def test_rollback_takes_less_than_two_seconds(tmp_path: Path) -> None:
    weights = random.Random(5).randbytes(64 << 20)
    with Database(tmp_path / "a3x.db", RealDisk(), SystemClock()) as db:
        adapters = Adapters(db, tmp_path, RealDisk(), SystemClock())

        async def main() -> float:
            for extra in (b"1", b"2"):
                made = await adapters.install(THEME, weights + extra, BASE, {})
                await adapters.activate(THEME, made.version, "better")
            started = time.perf_counter()
            assert (await adapters.rollback(THEME, BASE)) == adapters.get(THEME, 1)
            return time.perf_counter() - started

        assert asyncio.run(main()) < 2.0
