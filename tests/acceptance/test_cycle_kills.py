"""Issue 3, acceptance 4: kill -9 of the learner and of its trainer in every state of a cycle.

Afterwards one version serves or the base does, the ledger verifies, nothing acknowledged is missing, the cycle goes on or
has failed with a reason, and no trainer is left behind.
"""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from a3x.runs import read_events
from a3x.stores.cycles import Cycle
from tests.support.daemon import Daemon
from tests.support.loop import Loop
from tests.support.stages import Stages

ROOT = Path(__file__).parents[2]
KILLS = 5
STEP_S = {"opened": 0.08, "curated": 6.0, "trained": 0.6, "converted": 0.5, "judged": 0.03}
"""About how long the step after a state takes: kills come within."""
ORPHAN_LIMIT_S = 10.0


@dataclass(frozen=True)
class Acknowledged:
    """Ids that the learner told of before it died."""

    experiences: tuple[str, ...]
    records: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Acknowledged:
        lines = [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]
        told = {
            word: tuple(id for each, *rest in lines if each == word for id in rest) for word in ("EXPERIENCE", "RECORD")
        }
        return cls(told["EXPERIENCE"], told["RECORD"])


def learner(home: Path, base: Path, mode: str = "sound") -> subprocess.Popen[str]:
    """Started, and about to go on with the cycle."""
    command = [sys.executable, "-m", "tests.support.loop_child", str(home), str(base), mode]
    with (home.parent / "learner.log").open("ab") as log:
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    assert child.stdout is not None
    assert any(line == "READY\n" for line in child.stdout)
    return child


def killed(home: Path, base: Path, after_s: float, mode: str = "sound") -> Acknowledged:
    with learner(home, base, mode) as child:
        time.sleep(after_s)
        child.kill()
        assert child.stdout is not None
        return Acknowledged.read(child.stdout.read())


def left_behind(home: Path) -> list[str]:
    """Processes that work on this home, once those that end by themselves have had the time."""
    deadline = time.monotonic() + ORPHAN_LIMIT_S
    while (found := _processes_on(home)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _processes_on(home: Path) -> list[str]:
    lines = []
    for process in psutil.process_iter():
        try:
            lines.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return [line for line in lines if str(home) in line]


@dataclass(frozen=True)
class Found:
    """Where the cycle is after a restart, why, and what is wrong."""

    cycle: Cycle
    reason: str
    problems: list[str]


def looked_at(home: Path, base: Path, told: Acknowledged) -> Found:
    async def look() -> Found:
        async with Loop(home, base) as loop:
            problems = loop.stores.adapters.verify()
            rows = loop.db.read(lambda c: c.execute("SELECT theme, version FROM adapter_active").fetchall())
            cycle = loop.stores.cycles.recent(1)[0]
            serves = ["general@1"] if cycle.state == "promoted" else []
            if [f"{theme}@{version}" for theme, version in rows] != serves:
                problems.append(f"{rows} serve and the cycle is {cycle.state}")
            reason = loop.reason(cycle) if loop.stores.cycles.steps(cycle.id) else "just opened"
            if cycle.finished and not reason:
                problems.append(f"the cycle is {cycle.state} without a reason")
            stored = {experience.id for experience in loop.experiences.recent(limit=loop.experiences.count())}
            records = {record.id for record in loop.stores.records.unlearned("cli")}
            problems += [f"{id} is lost" for id in (*told.experiences, *told.records) if id not in stored | records]
            return Found(cycle, reason, problems)

    return asyncio.run(look())


def finished(home: Path, base: Path) -> tuple[Cycle, float]:
    """The cycle's end in a learner that nobody kills, and how much of the lesson is known."""

    async def live() -> tuple[Cycle, float]:
        async with Loop(home, base) as loop:
            learning = loop.learning()
            learning.start()
            while loop.stores.cycles.unfinished():
                await asyncio.sleep(0.05)
            await learning.stop()
            assert loop.stores.adapters.verify() == []
            return loop.stores.cycles.recent(1)[0], await loop.right()

    return asyncio.run(live())


def kill_in(stages: Stages, state: str, folder: Path, kills: int, rng: random.Random) -> None:
    """Kill until ``kills`` of them came before the step had ended and something had been acknowledged; let the last one's
    cycle go on to its end."""
    landed = tries = acknowledged = 0
    home = folder
    while landed < kills or not acknowledged:
        tries += 1
        assert tries <= 8 * kills, f"after {state}: {landed} kills in the step, {acknowledged} acknowledged"
        home = stages.copy(state, folder / f"{state}{tries}")
        told = killed(home, stages.base, rng.uniform(0.0, STEP_S[state]))
        assert left_behind(home) == []
        found = looked_at(home, stages.base, told)
        assert found.problems == []
        landed += found.cycle.state == state
        acknowledged += len(told.records)
    cycle, right = finished(home, stages.base)
    assert (cycle.state, right >= 0.8) == ("promoted", True)
    print(f"{state}: {landed} of {tries} kills came in time, {acknowledged} corrections acknowledged meanwhile")


@pytest.mark.acceptance
@pytest.mark.timeout(900)
@pytest.mark.parametrize("state", STEP_S)
def test_a_killed_learner_goes_on(stages: Stages, tmp_path: Path, state: str) -> None:
    kill_in(stages, state, tmp_path, KILLS, random.Random(state))


@pytest.mark.integration
@pytest.mark.parametrize("state", ["opened", "converted", "judged"])
def test_one_kill_in_quick_states(stages: Stages, tmp_path: Path, state: str) -> None:
    """The same in small, for every run of the tests."""
    home = stages.copy(state, tmp_path)
    told = killed(home, stages.base, 0.3 * STEP_S[state])
    assert left_behind(home) == []
    assert looked_at(home, stages.base, told).problems == []


def trainer_of(child: subprocess.Popen[str]) -> psutil.Process:
    """The learner's trainer, as soon as there is one."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for process in psutil.Process(child.pid).children():
            if "a3x.train" in process.cmdline():
                return process
        time.sleep(0.01)
    raise AssertionError("no trainer")


def kill_trainer(stages: Stages, folder: Path, after_s: float) -> None:
    home = stages.copy("curated", folder)
    with learner(home, stages.base) as child:
        trainer = trainer_of(child)
        time.sleep(after_s)
        trainer.send_signal(signal.SIGKILL)
        time.sleep(1.5)
        assert child.poll() is None
        child.kill()
        assert child.stdout is not None
        told = Acknowledged.read(child.stdout.read())
    found = looked_at(home, stages.base, told)
    assert found.problems == []
    assert (found.cycle.state, found.reason) == ("failed", "the trainer was killed (signal 9)")


@pytest.mark.integration
def test_a_killed_trainer_fails_the_cycle_and_not_the_learner(stages: Stages, tmp_path: Path) -> None:
    rng = random.Random(1)
    for number in range(KILLS):
        kill_trainer(stages, tmp_path / str(number), rng.uniform(0.0, 4.0))


def trained_steps(home: Path) -> list[int]:
    """Steps as the trainer tells them, over all its lives on this home's one run."""
    (run,) = (home / "runs").iterdir()
    return [event["step"] for event in read_events(run) if event["event"] in ("step", "resumed")]


@pytest.mark.integration
def test_a_killed_daemon_trains_on_from_its_checkpoint(stages: Stages, tmp_path: Path) -> None:
    """The real daemon, killed twice while its trainer runs: after the checkpoint at step 50, and soon after."""
    home = stages.copy("curated", tmp_path)
    daemon = Daemon(home, stages.base)
    for steps in (52, 54):
        daemon.start()
        while max(trained_steps(home), default=0) < steps:
            time.sleep(0.01)
        daemon.kill()
        assert left_behind(home) == []
        found = looked_at(home, stages.base, Acknowledged((), ()))
        assert (found.cycle.state, found.problems) == ("curated", [])
    with daemon, daemon.client() as client:
        (cycle,) = client.get("/a3x/cycles").json()["cycles"]
        while cycle["state"] == "curated":
            time.sleep(0.1)
            cycle = client.get(f"/a3x/cycles/{cycle['id']}").json()
        assert cycle["state"] != "failed"
    assert trained_steps(home).count(1) == 1


@pytest.mark.integration
@pytest.mark.parametrize(
    ("mode", "problem"), [("manifest-first", "has no row"), ("torn", "is active, but by the ledger it is the base")]
)
def test_a_promotion_in_the_wrong_order_is_caught(stages: Stages, tmp_path: Path, mode: str, problem: str) -> None:
    """Negative controls: a manifest written first, what serves changed in a transaction of its own."""
    home = stages.copy("judged", tmp_path)
    told = killed(home, stages.base, 0.25, mode)
    found = looked_at(home, stages.base, told).problems
    assert any(problem in each for each in found), found
