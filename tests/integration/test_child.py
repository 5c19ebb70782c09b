"""Children that work, crash, hang and die: the asker hears of it and can go on asking."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from a3x import child, resources
from a3x.errors import ForeignFile
from a3x.gguf.check import Checker
from tests.support import tiny

pytestmark = pytest.mark.integration
MOODY = "tests.support.moody_child"


def test_a_fork_that_crashes_costs_only_itself() -> None:
    with child.Preloaded(MOODY, limit_s=30) as asked:
        first = asked.ask("hello")
        assert first.code == 0
        assert asked.ask("crash").reason == "its process died of signal 6"
        assert asked.ask("raise").code == 1
        assert asked.ask("hello") == first, "the child is still the same one"


def test_a_child_that_dies_is_started_anew() -> None:
    with child.Preloaded(MOODY, limit_s=30) as asked:
        first = asked.ask("hello")
        assert asked.ask("die").code == -6
        second = asked.ask("hello")
        assert (second.code, second == first) == (0, False)


def test_a_fork_that_hangs_is_ended_with_its_child() -> None:
    mine = psutil.Process()
    before = set(mine.children(recursive=True))
    with child.Preloaded(MOODY, limit_s=0.5) as asked:
        asked.ask("hello")
        with pytest.raises(TimeoutError):
            asked.ask("hang")
        psutil.wait_procs(set(mine.children(recursive=True)) - before, timeout=10)
        assert set(mine.children(recursive=True)) == before


def test_a_program_says_how_it_ended() -> None:
    ended = child.run("a3x.engine.trial", "/nowhere", "0", limit_s=60)
    assert ended.code == 1
    assert "cannot load /nowhere" in ended.reason
    with pytest.raises(TimeoutError):
        child.run("tests.support.moody_child", limit_s=0.001)


def test_one_checker_reads_many_files_and_notices_another_base(tmp_path: Path) -> None:
    base = tiny.write_model(tmp_path / "base.gguf")
    adapter = tiny.write_adapter(tmp_path / "a.gguf", base, seed=1)
    seed = resources.seed_model()
    with Checker() as checker:
        good = checker.adapter(adapter, base)
        assert good.ranks == (4,)
        with pytest.raises(ForeignFile, match="another base"):
            checker.adapter(adapter, seed)
        (tmp_path / "cut.gguf").write_bytes(adapter.read_bytes()[:-100])
        with pytest.raises(ForeignFile, match="not a whole GGUF"):
            checker.adapter(tmp_path / "cut.gguf", base)
        with pytest.raises(ForeignFile, match="cannot be read"):
            checker.adapter(tmp_path / "none.gguf", base)
        with pytest.raises(ForeignFile, match="cannot be read"):
            checker.adapter(adapter, tmp_path / "none.gguf")
        assert checker.adapter(adapter, base) == good
        tiny.write_model(base, width=128)
        os.utime(base, ns=(1, 1))
        with pytest.raises(ForeignFile, match="another base"):
            checker.adapter(adapter, base)
        assert checker.model(base).architecture == "llama"
