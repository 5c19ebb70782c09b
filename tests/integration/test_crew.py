"""The threads that compute: how many there are, where they run, and that they sleep when there is nothing to do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from a3x import resources
from a3x.engine import crew
from a3x.engine.llama import Context, Model, start_backend
from a3x.engine.pace import Pace
from a3x.hardware.cpu import cores

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(len(cores()) < 2, reason="one core: nobody computes beside the one that asks"),
]

TASKS = Path("/proc/self/task")
LIMIT_S = 2.0


@pytest.fixture
def model() -> Iterator[Model]:
    start_backend()
    loaded = Model(resources.seed_model(), gpu_layers=0)
    yield loaded
    loaded.close()


def tasks() -> set[str]:
    return {task.name for task in TASKS.iterdir()}


def asleep(task: str) -> bool:
    return (TASKS / task / "stat").read_text().rpartition(") ")[2][0] == "S"


def step(context: Context) -> None:
    context.decode([300, 301], 0, True)
    context.truncate(0, 0)


def soon(task: str) -> bool:
    """Whether it sleeps within the limit."""
    end = time.monotonic() + LIMIT_S
    while not asleep(task):
        if time.monotonic() > end:
            return False
    return True


def test_contexts_of_a_model_share_one_thread_beside_the_one_that_asks(model: Model) -> None:
    before = tasks()
    contexts = [Context(model, 64, Pace((2,))) for _ in range(3)]
    for context in contexts:
        step(context)
    assert len(tasks() - before) == 1
    model.close()
    assert tasks() == before


def test_each_computes_on_a_core_of_its_own_and_who_asks_is_free_again(model: Model) -> None:
    free, before = os.sched_getaffinity(0), tasks()
    pace = Pace((1, 2))
    context = Context(model, 64, pace)
    step(context)
    (beside,) = tasks() - before
    bound = [os.sched_getaffinity(0), os.sched_getaffinity(int(beside))]
    assert all(len(each) == 1 and each < free for each in bound)
    assert bound[0] != bound[1]
    while pace.threads() == 2:
        step(context)
    step(context)
    assert os.sched_getaffinity(0) == free
    while pace.threads() == 1:
        step(context)
    step(context)
    assert os.sched_getaffinity(0) == bound[0]
    model.close()
    assert os.sched_getaffinity(0) == free


def test_there_are_never_more_than_cores(model: Model) -> None:
    before, most = tasks(), len(cores())
    step(Context(model, 64, Pace((most + 5,))))
    assert len(tasks() - before) == most - 1


def test_what_computed_sleeps_soon(model: Model) -> None:
    before = tasks()
    context = Context(model, 64, Pace((2,)))
    step(context)
    (beside,) = tasks() - before
    assert soon(beside)


def test_a_crew_that_stays_awake_is_seen(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    monkeypatch.setattr(crew, "AWAKE", 1 << 30)
    before = tasks()
    context = Context(model, 64, Pace((2,)))
    step(context)
    (beside,) = tasks() - before
    assert not soon(beside)
