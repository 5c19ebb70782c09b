"""Issue 5, acceptance of privacy: fifty canaries said, taught and trained on, then forgotten to the last byte."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from a3x.agent.corrections import ChatCorrections
from a3x.learn.forget import Forgetter
from a3x.memory.record import Recorder, span
from a3x.stores.forgetting import Forgetting, Selection
from a3x.types import Experience, Message
from tests.support.loop import THEME, Loop
from tests.support.stages import Stages

CANARIES = tuple(f"quokka{number:02d}zx" for number in range(50))


async def plant(loop: Loop) -> str:
    """Said, corrected over HTTP's way and in chat, and trained on; the version that has learnt them serves."""
    recorder = Recorder(loop.experiences, loop.clock)
    corrections = ChatCorrections(loop.experiences, loop.stores.records, loop.clock)
    for number, canary in enumerate(CANARIES):
        if number < 20:
            await loop.teach(f"{canary}?", f"it is {canary}")
            continue
        chat = [Message("user", f"what is the code {canary}?"), Message("assistant", "noise")]
        chat.append(Message("user", f"no, it is {canary}" if number < 30 else "thanks"))
        for turns in (chat[:1], chat):
            id = f"exp_{canary}_{len(turns)}".replace(canary, f"c{number}")
            made = span(
                id=id, messages=turns, session="s", completion=None, tools=[], error="", when=0.0, environment={}
            )
            await recorder.record(made if len(turns) > 1 else _answered(made))
        await corrections.notice(chat, "s", id)
    cycle = await loop.until(await loop.open(), "judged")
    adapter = await loop.runner._install(cycle, {})  # whatever the gate said: what matters is that it serves
    await loop.stores.adapters.activate(THEME, adapter.version, "for a test", cycle.id)
    await loop.stores.records.mark_learned([*cycle.facts["unlearned"], *cycle.facts["learned"]], adapter.name)
    return adapter.name


def _answered(experience: Experience) -> Experience:
    return replace(experience, if_ok="noise", status="completed", if_not="")


def contents(home: Path) -> Iterator[bytes]:
    """The bytes of every file under the home, archives unpacked too."""
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield data
            if data.startswith(b"PK"):
                with zipfile.ZipFile(io.BytesIO(data)) as file:
                    yield from (file.read(name) for name in file.namelist())


def left(home: Path) -> set[str]:
    return {canary for data in contents(home) for canary in CANARIES if canary.encode() in data}


@pytest.mark.acceptance
@pytest.mark.timeout(900)
def test_fifty_canaries_leave_no_byte(stages: Stages, tmp_path: Path) -> None:
    home = stages.copy("promoted", tmp_path)

    async def life() -> None:
        async with Loop(home, stages.base) as loop:
            clean = loop.serving
            tainted = await plant(loop)
            assert left(home) == set(CANARIES)
            forgetting = Forgetting(loop.db, loop.stores.adapters, loop.clock)
            forgetter = Forgetter(forgetting, loop.stores.adapters, home, loop.engine.drop_adapter)
            await forgetter.forget(forgetting.plan(Selection(query="quokka")), loop.base_sha256)
            assert loop.serving == clean and clean is not None
            assert [each.name for each in loop.stores.adapters.withdrawn()] == [tainted]
            assert loop.stores.adapters.verify() == []
            assert left(home) == set()

    async def restart() -> None:
        async with Loop(home, stages.base) as loop:
            assert loop.stores.adapters.verify() == []
            assert loop.serving is not None
            await loop.ask("apple?", loop.serving)

    asyncio.run(life())
    asyncio.run(restart())
    assert left(home) == set()


@pytest.mark.acceptance
@pytest.mark.parametrize("spared", ["scrub", "_delete_files"])
def test_half_forgetting_is_found_out(
    stages: Stages, tmp_path: Path, spared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: without the database written anew the bytes stay, without deleting files the run folder does."""
    home = stages.copy("promoted", tmp_path)

    async def nothing(*_: object) -> None: ...

    async def life() -> None:
        async with Loop(home, stages.base) as loop:
            await loop.teach(f"{CANARIES[0]}?", f"it is {CANARIES[0]}")
            cycle = await loop.until(await loop.open(), "curated")
            forgetting = Forgetting(loop.db, loop.stores.adapters, loop.clock)
            forgetter = Forgetter(forgetting, loop.stores.adapters, home, loop.engine.drop_adapter)
            if spared == "scrub":
                monkeypatch.setattr(Forgetting, "scrub", nothing)
            else:
                monkeypatch.setattr(Forgetter, "_delete_files", lambda *_: None)
            await forgetter.forget(forgetting.plan(Selection(query="quokka")), loop.base_sha256)
            assert left(home) or (home / "runs" / cycle.id).exists()

    asyncio.run(life())
