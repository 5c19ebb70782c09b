"""What A³X is born knowing: the file it comes with, when it is told, to whom, and that it stays out of the user's memory."""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a3x import resources
from a3x.clock import HandClock
from a3x.config import RecallSection
from a3x.disk import RealDisk
from a3x.engine.embedding import TextEmbedder
from a3x.engine.scripted import ScriptedEmbedder
from a3x.errors import ConfigError
from a3x.memory.born import FILE, MOST, Born, read
from a3x.memory.index import Index
from a3x.memory.recall import SMALL_PARAMETERS, Recall, Recalled
from a3x.memory.record import Recorder
from a3x.memory.search import Search
from a3x.stores.db import Database
from a3x.stores.experiences import Experiences
from a3x.stores.facts import Facts
from a3x.stores.vectors import Vectors
from a3x.stores.words import Words
from a3x.types import Experience, Message

SPANS = read(resources.path(f"memory/{FILE}"))
ROLLBACK = "How do I roll back an adapter?"


def ask(
    home: Path,
    *said: str,
    told: str = "",
    parameters: int = SMALL_PARAMETERS,
    embedder: TextEmbedder | None = None,
    **settings: Any,
) -> tuple[Recalled, int]:
    """The last of ``said``, asked twice of a home in which ``told`` was stated, and how many experiences it then holds."""
    clock = HandClock()
    with Database(home / "a3x.db", RealDisk(), clock) as db:
        search = Search(Experiences(db), Words(db), Index(Vectors(db), db.path, clock), None)

        async def count(text: str) -> int:
            return len(text.split())

        async def run() -> Recalled:
            if told:
                span = Experience("exp_1", "user:local", "chat", told, 1.0, "completed", "Noted.")
                messages = ({"role": "user", "content": told},)
                await Recorder(Experiences(db), clock).record(replace(span, messages=messages))
            born = Born(SPANS, embedder)
            memory = Recall(search, Facts(db), RecallSection(**settings), count, parameters, born)
            asked = tuple(Message("user", text) for text in said)
            await memory.recall(asked)
            await born.ready()
            return await memory.recall(asked)

        return asyncio.run(run()), Experiences(db).count()


def test_the_file_is_whole() -> None:
    assert 60 <= len(SPANS) <= 120
    assert len({one.id for one in SPANS}) == len({one.this for one in SPANS}) == len(SPANS)
    assert {one.lang for one in SPANS} == {"en", "pt"}
    assert {(one.who, one.origin, one.status) for one in SPANS} == {("a3x", "owner_dataset", "completed")}
    assert all(len(one.if_ok.split()) <= 40 for one in SPANS), "a note is a sentence"


def test_the_wheel_carries_it() -> None:
    pyproject = tomllib.loads((resources.PACKAGE.parent / "pyproject.toml").read_text())
    assert pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]["memory"] == "a3x/_data/memory"


def test_a_question_about_a3x_gets_its_note(tmp_path: Path) -> None:
    found, experiences = ask(tmp_path, ROLLBACK)
    source = found.sources[0]
    assert source.experience_id == "born_en_22" and source.why.startswith("born with: words 1.00")
    assert "a3x adapters rollback" in source.text and source.value == ""
    assert "a3x adapters rollback" in found.messages[-1].content
    assert len(found.sources) <= MOST
    assert experiences == 0, "none of it is the user's memory"


def test_in_portuguese_too(tmp_path: Path) -> None:
    found, _ = ask(tmp_path, "o que é um adaptador?")
    assert found.sources[0].experience_id == "born_pt_20"


@pytest.mark.parametrize(
    "question", ["list the files", "what is Ana's locker code?", "17 * 23", "What is an Ollama adapter called Rex?"]
)
def test_other_questions_get_none(tmp_path: Path, question: str) -> None:
    """Negative control."""
    assert ask(tmp_path, question)[0].sources == ()


def test_a_small_model_gets_none_and_none_is_given_when_switched_off(tmp_path: Path) -> None:
    """Negative control: the same question that gets its note above."""
    small, _ = ask(tmp_path / "a", ROLLBACK, parameters=SMALL_PARAMETERS - 1)
    off, _ = ask(tmp_path / "b", ROLLBACK, born=False)
    assert small.sources == off.sources == ()


def test_what_the_user_stated_comes_first(tmp_path: Path) -> None:
    found, _ = ask(tmp_path, "What is an adapter?", told="our adapter is the grey plug")
    assert found.sources[0].experience_id == "exp_1"
    assert any(one.why.startswith("born with") for one in found.sources[1:])
    alone, _ = ask(tmp_path / "one", "What is an adapter?", told="our adapter is the grey plug", notes=1)
    assert [one.experience_id for one in alone.sources] == ["exp_1"]


def test_it_is_not_said_twice(tmp_path: Path) -> None:
    note = next(one.if_ok for one in SPANS if one.this == ROLLBACK)
    found, _ = ask(tmp_path, note, ROLLBACK)
    assert note not in [one.text for one in found.sources]


def test_by_meaning_once_the_vectors_are_made(tmp_path: Path) -> None:
    found, _ = ask(tmp_path, ROLLBACK, embedder=ScriptedEmbedder())
    assert "meaning 1.00" in found.sources[0].why
    without, _ = ask(tmp_path / "b", ROLLBACK, embedder=ScriptedEmbedder(installed=False))
    assert without.sources and "meaning" not in without.sources[0].why


def test_a_broken_file_names_its_line(tmp_path: Path) -> None:
    broken = tmp_path / FILE
    broken.write_text(resources.path(f"memory/{FILE}").read_text().splitlines()[0] + '\n{"id": "x"}\n')
    with pytest.raises(ConfigError, match="line 2"):
        read(broken)
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none")
