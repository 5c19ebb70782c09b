"""The cycle's state machine end to end on a tiny model: a real promotion, a rollback, restarts, and everything that fails it.

One cycle is trained once; its home is copied in every state, and each test goes on from the copy it needs.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import sys
from pathlib import Path

import pytest

from a3x.errors import Conflict, StorageFull
from a3x.learn.trainer import TrainerProcess
from a3x.runs import RECORDS_FILE, read_records
from a3x.stores.cycles import Cycle
from a3x.stores.fakes import FullDisk
from a3x.types import Message
from tests.support import tiny
from tests.support.loop import Loop, tiny_suites
from tests.support.stages import STATES, Stages

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return Stages.make(tmp_path_factory.mktemp("stages"))


def test_what_was_taught_is_promoted_and_known(stages: Stages, tmp_path: Path) -> None:
    async def body(loop: Loop, cycle: Cycle) -> None:
        assert loop.serving is not None
        assert loop.serving.name == cycle.facts["version"] == "general@1"
        assert await loop.right() >= 0.8
        assert loop.stores.adapters.verify() == []
        assert loop.stores.records.unlearned("general") == []
        assert {record.learned_in for record in loop.stores.records.learned("general")} == {"general@1"}
        verdict = loop.stores.verdicts.get(cycle.facts["verdict"])
        assert verdict.decision == "promote"
        manifest = loop.stores.adapters.manifest("general", 1)
        assert manifest["cycle"] == cycle.id
        assert manifest["records_sha256"] == cycle.facts["records_sha256"]

    stages.go_on("promoted", tmp_path, body)


def test_a_rollback_gives_the_same_bytes_as_before(stages: Stages, tmp_path: Path) -> None:
    async def body(loop: Loop, cycle: Cycle) -> tuple[list[str], list[str], list[str]]:
        serving = loop.serving
        before = await loop.greedy()
        while not cycle.finished:
            cycle = await loop.runner.step(cycle)
        after = await loop.greedy()
        assert serving is None
        assert loop.serving
        assert await loop.stores.adapters.rollback("general", loop.base_sha256) is None
        return before, after, await loop.greedy()

    before, promoted, rolled_back = stages.go_on("judged", tmp_path, body)
    assert rolled_back == before
    assert promoted != before


def test_a_second_round_learns_on_top(stages: Stages, tmp_path: Path) -> None:
    """Facts that were learned are examined again; the lesson of one fact alone is too little to promote."""

    async def body(loop: Loop, cycle: Cycle) -> None:
        await loop.teach("zebra?", "99")
        await loop.runner.run(await loop.open())
        second = loop.stores.cycles.recent(1)[0]
        assert second.state == "rejected"
        numbers = loop.stores.verdicts.get(second.facts["verdict"]).body["numbers"]
        assert numbers["facts"]["items"] == 10
        assert loop.serving
        assert loop.serving.name == "general@1"
        assert [record.answer for record in loop.stores.records.unlearned("general")] == ["99"]

    stages.go_on("promoted", tmp_path, body)


def test_a_base_swapped_in_mid_cycle_fails_it(stages: Stages, tmp_path: Path) -> None:
    other = tiny.write_pupil(tmp_path / "other.gguf", seed=1)

    async def body(loop: Loop, cycle: Cycle) -> None:
        ended = await loop.runner.run(cycle)
        assert ended.state == "failed"
        assert "base model was changed" in loop.reason(ended)
        assert loop.serving is None

    for state in STATES[:-1]:
        stages.go_on(state, tmp_path / state, body, base=other)


def test_nothing_new_is_no_cycle(stages: Stages, tmp_path: Path) -> None:
    async def body(loop: Loop, cycle: Cycle) -> None:
        with pytest.raises(Conflict, match="nothing new"):
            await loop.runner.step(await loop.open())

    stages.go_on("promoted", tmp_path, body)


# --- full disks ------------------------------------------------------------------------------------------------------


def test_a_disk_that_fills_up_during_promotion_leaves_all_of_it_or_nothing(stages: Stages, tmp_path: Path) -> None:
    seen = set()

    async def body(loop: Loop, cycle: Cycle, disk: FullDisk, room: int) -> bool:
        before = await loop.greedy()
        disk.room_bytes = room
        try:
            ended = await loop.runner.run(cycle)
        except StorageFull:  # not even the failure could be stored
            ended = loop.stores.cycles.get(cycle.id)
        disk.room_bytes = None
        seen.add(ended.state)
        learned = loop.stores.records.learned("general")
        if ended.state == "promoted":
            assert loop.serving
            assert len(learned) == 10
        else:
            assert (loop.serving, learned, await loop.greedy()) == (None, [], before)
        assert [line for line in loop.stores.adapters.verify() if "no row" not in line] == []
        if ended.state == "judged":
            assert (await loop.runner.run(ended)).state == "promoted"
        return ended.state == "promoted"

    def goes_through(room: int) -> bool:
        with FullDisk() as disk:
            folder = tmp_path / str(room)
            return stages.go_on("judged", folder, lambda loop, cycle: body(loop, cycle, disk, room), disk=disk)

    rooms = itertools.chain(range(0, 60_000, 12_000), itertools.count(60_000, 60_000))
    assert any(goes_through(room) for room in rooms)
    assert seen >= {"judged", "promoted"}


def test_a_verdict_against_what_no_longer_serves_promotes_nothing(stages: Stages, tmp_path: Path) -> None:
    async def body(loop: Loop, cycle: Cycle) -> None:
        path = tiny.write_adapter(tmp_path / "other.gguf", stages.base, 3)
        other = await loop.stores.adapters.install("general", path.read_bytes(), loop.base_sha256, {})
        await loop.stores.adapters.activate("general", other.version, "by hand")
        ended = await loop.runner.run(cycle)
        assert (ended.state, loop.serving) == ("failed", other)
        assert "judged against base, but by now general@1 serves" in loop.reason(ended)
        assert loop.stores.records.learned("general") == []

    stages.go_on("judged", tmp_path, body)


def no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "there")


@pytest.mark.parametrize(
    ("state", "writer"),
    [
        ("opened", "a3x.learn.cycle.write_records"),
        ("opened", "a3x.learn.cycle.write_run"),
        ("trained", "a3x.gguf.lora.from_peft"),
        ("converted", "pathlib.Path.write_text"),
    ],
)
def test_a_run_directory_on_a_full_disk_makes_the_cycle_wait(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, writer: str
) -> None:
    async def body(loop: Loop, cycle: Cycle) -> None:
        before = await loop.greedy()
        with monkeypatch.context() as full:
            full.setattr(writer, no_room)
            with pytest.raises(StorageFull, match="no room to write there"):
                await loop.runner.run(cycle)
        assert loop.stores.cycles.get(cycle.id).state == state
        assert (loop.serving, await loop.greedy()) == (None, before)
        assert (await loop.runner.step(cycle)).state == STATES[STATES.index(state) + 1]

    stages.go_on(state, tmp_path, body)


def test_a_disk_too_full_to_say_so_makes_the_cycle_wait(stages: Stages, tmp_path: Path) -> None:
    async def body(loop: Loop, cycle: Cycle, disk: FullDisk) -> None:
        disk.room_bytes = 0
        learning = loop.learning()
        learning.start()
        await asyncio.sleep(1.0)
        assert loop.stores.cycles.get(cycle.id).state == "judged"
        assert "0 MiB are free" in learning.status()["paused"]
        disk.room_bytes = None
        while not (now := loop.stores.cycles.get(cycle.id)).finished:
            await asyncio.sleep(0.05)
        assert learning.status()["paused"] is None
        await learning.stop()
        assert now.state == "promoted"

    with FullDisk() as disk:
        stages.go_on("judged", tmp_path, lambda loop, cycle: body(loop, cycle, disk), disk=disk)


def test_a_step_without_room_pauses_learning(stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota, or another disk under the runs: what is free says nothing of it."""

    async def body(loop: Loop, cycle: Cycle) -> None:
        learning = loop.learning()
        with monkeypatch.context() as full:
            full.setattr("a3x.learn.cycle.write_records", no_room)
            learning.start()
            while not learning.status()["paused"]:
                await asyncio.sleep(0.05)
        assert "paused: no room to write there; free some space" in learning.status()["paused"]
        assert loop.stores.cycles.get(cycle.id).state == "opened"
        while loop.stores.cycles.get(cycle.id).state == "opened":
            await asyncio.sleep(0.05)
        assert learning.status()["paused"] is None
        await learning.stop()

    stages.go_on("opened", tmp_path, body)


# --- trainers that end badly -----------------------------------------------------------------------------------------


def trainer_that(folder: Path, command: str) -> TrainerProcess:
    """Runs a line of shell in place of Python; ``$@`` are Python's arguments."""
    script = folder / "python"
    script.write_text(f"#!/bin/sh\n{command}\n")
    script.chmod(0o755)
    return TrainerProcess(str(script))


SCARCE = (
    "import sys; from a3x.train.__main__ import main; from a3x.train.memory import ScarceMemory; "
    "sys.exit(main(sys.argv[3:], ScarceMemory(0)))"
)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("kill -9 $$", "the trainer was killed (signal 9)"),
        (f"exec {sys.executable} -c '{SCARCE}' \"$@\"", "out of memory with one example at a time"),
        (f'ulimit -f 64; exec {sys.executable} "$@"', "training failed"),
        ("exit 7", "exit 7"),
    ],
    ids=["killed", "out of memory", "file too large", "broken"],
)
def test_a_trainer_that_ends_badly_fails_the_cycle(stages: Stages, tmp_path: Path, command: str, reason: str) -> None:
    async def body(loop: Loop, cycle: Cycle) -> None:
        before = await loop.greedy()
        ended = await loop.runner.run(cycle)
        assert ended.state == "failed"
        assert reason in loop.reason(ended)
        assert (loop.serving, await loop.greedy()) == (None, before)
        assert len(loop.stores.records.unlearned("general")) == 10

    stages.go_on("curated", tmp_path, body, trainer=trainer_that(tmp_path, command))


def test_a_trainer_without_room_makes_the_cycle_wait(stages: Stages, tmp_path: Path) -> None:
    async def body(loop: Loop, cycle: Cycle) -> None:
        with pytest.raises(StorageFull, match="no room on the disk"):
            await loop.runner.run(cycle)
        assert loop.stores.cycles.get(cycle.id).state == "curated"

    stages.go_on("curated", tmp_path, body, trainer=trainer_that(tmp_path, "exit 6"))


def test_what_the_benchmark_asks_is_left_out(stages: Stages, tmp_path: Path) -> None:
    """A correction that gives an item of a fixed suite its answer is never trained on; another one is."""

    async def body(loop: Loop, cycle: Cycle) -> None:
        item = tiny_suites()["cli"].items[0]
        examined = await loop.teach(item.messages[-1].content, item.gold)
        cycle = await loop.until(cycle, "curated")
        assert cycle.facts["left_out"] == [examined.id]
        assert "1 left out" in loop.reason(cycle)
        (trained,) = await loop.engine.encode([(Message("user", "cli"), Message("assistant", item.gold))])
        runs = read_records(loop.runner.folder(cycle) / RECORDS_FILE)
        answer = trained.ids[trained.answer_start :]
        assert runs
        assert not any(example.ids[-len(answer) :] == answer for example in runs)

    stages.go_on("opened", tmp_path, body)


def test_corrections_that_conflict_leave_the_last_word(stages: Stages, tmp_path: Path) -> None:
    async def body(loop: Loop, cycle: Cycle) -> None:
        await loop.teach("apple?", "no longer 71")
        await loop.teach("apple?", "11")
        cycle = await loop.until(cycle, "curated")
        answers = {record.answer for record in map(loop.stores.records.get, cycle.facts["unlearned"])}
        assert "11" in answers
        assert not answers & {"71", "no longer 71"}

    stages.go_on("opened", tmp_path, body)
