"""The executing graders in the real sandbox: right answers pass, wrong ones do not, and no answer gets out of its box."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from a3x import resources
from a3x.clock import SystemClock
from a3x.judge import executed
from a3x.judge.graders import Reply, code, grade
from a3x.judge.run import run_suite
from a3x.judge.suites import Item, load, of_items
from a3x.sandbox.run import Sandbox
from a3x.types import Message

pytestmark = pytest.mark.integration

BOX = Sandbox()
REASON = BOX.available()
needs_box = pytest.mark.skipif(REASON is not None, reason=REASON or "")
STAMP = int(time.time())
"""Commands such as ``find -mtime`` see the real clock."""
FOLDER = resources.path("benchmarks/suites")
SHELL = tuple(item for item in load(FOLDER, "cli").items if item.grader["kind"] == "shell")
PYTHON = load(FOLDER, "python").items

POEM = {"poem.txt": "mar\nar\nsol\nlua\nsol\n", "old/notes.txt": "a\n"}


def shell(gold: str, answer: str, **grader: object) -> int | None:
    item = Item("t-1", "t", "en", (Message("user", "?"),), {"kind": "shell", "files": POEM, **grader}, fence(gold))
    return grade(item, Reply(fence(answer)), BOX, STAMP)


def fence(command: str) -> str:
    return f"```sh\n{command}\n```"


def python(answer: str, after: str, before: str = "") -> int | None:
    grader = {"kind": "python", "before": before, "after": after}
    item = Item("t-1", "t", "en", (Message("user", "?"),), grader, "")
    return grade(item, Reply(f"```python\n{answer}\n```"), BOX, STAMP)


@needs_box
@pytest.mark.parametrize(
    ("gold", "right", "wrong"),
    [
        ("sort poem.txt", "cat poem.txt | sort", "sort -r poem.txt"),
        ("mv poem.txt verse.txt", "cp poem.txt verse.txt && rm poem.txt", "cp poem.txt verse.txt"),
        ("head -n 2 poem.txt", "sed -n 1,2p poem.txt", "head -n 3 poem.txt"),
        ("mkdir -p a/b", "mkdir a && mkdir a/b", "mkdir a"),
        ("chmod 640 poem.txt", "chmod u=rw,g=r,o= poem.txt", "chmod 600 poem.txt"),
        ("rm -r old", "rm old/notes.txt; rmdir old", "rm old/notes.txt"),
        ("ln -s poem.txt link", "ln -s ./x link; ln -sf poem.txt link", "cp poem.txt link"),
    ],
)
def test_a_command_counts_by_what_it_does(gold: str, right: str, wrong: str) -> None:
    assert shell(gold, gold) == 1
    assert shell(gold, right) == 1
    assert shell(gold, wrong) == 0
    assert shell(gold, "true") == 0


@needs_box
@pytest.mark.parametrize(
    "answer",
    ["sleep 60", "exit 0", "echo 'unfinished", "rm -rf / ~ /box", "kill -9 -1", ":(){ :|:& };:", "cd /; ls", "yes", ""],
)
def test_hostile_and_broken_commands_are_wrong_answers(answer: str) -> None:
    assert shell("sort poem.txt", answer) == 0


@needs_box
def test_a_command_is_probed_where_it_went() -> None:
    assert shell("cd old", "cd ./old", after="pwd") == 1
    assert shell("cd old", "ls old >/dev/null", after="pwd") == 0


@needs_box
def test_what_does_not_work_here_is_not_judged() -> None:
    assert shell("no-such-program --x", "no-such-program --x") is None
    assert shell("sort poem.txt", "sort poem.txt", setup="false") is None


@needs_box
@pytest.mark.parametrize(
    ("answer", "after", "expected"),
    [
        ("def f(xs):\n    return sum(xs)", "assert f([1, 2]) == 3", 1),
        ("f = lambda xs: xs[0] + xs[1]", "assert f([1, 2]) == 3", 1),
        ("def f(xs):\n    return max(xs)", "assert f([1, 2]) == 3", 0),
        ("def f(xs)\n    return sum(xs)", "assert f([1, 2]) == 3", 0),
        ("import os; os._exit(0)", "assert False", 0),
        ("import sys; sys.exit()", "assert False", 0),
        ("while True: pass", "pass", 0),
        ("print('hi')", "assert printed_lines == ['hi']", 1),
    ],
)
def test_code_counts_by_its_asserts(answer: str, after: str, expected: int) -> None:
    assert python(answer, after) == expected


@needs_box
def test_every_shell_gold_works_is_steady_and_differs_from_doing_nothing() -> None:
    assert [item.id for item in SHELL if not any(sound(item) for _ in range(TRIES))] == []


TRIES = 4
"""An archive made in one second differs from the same made in the next."""


def sound(item: Item) -> bool:
    gold = code(item.gold)
    found = executed.outcomes(item.grader, [gold, gold, "true"], BOX, STAMP)
    return len(found) == 3 and executed.same(found[0], found[1], False) and not executed.same(found[0], found[2], True)


@needs_box
def test_every_python_gold_passes_and_nothing_does_not() -> None:
    wrong = [item.id for item in PYTHON if grade(item, Reply(item.gold), BOX, STAMP) != 1]
    idle = [item.id for item in PYTHON[::4] if grade(item, Reply("pass"), BOX, STAMP) != 0]
    assert (wrong, idle) == ([], [])


@needs_box
@pytest.mark.parametrize("items", [SHELL[:40:8], PYTHON[:40:8]], ids=["cli", "python"])
def test_a_run_of_five_through_the_box(items: tuple[Item, ...]) -> None:
    """Golds all right; each given its neighbour's gold, hardly one."""
    assert len(items) == 5
    suite = of_items(items[0].suite, items)
    shifted = {item.id: after.gold for item, after in zip(items, (*items[1:], items[0]), strict=True)}

    async def gold(item: Item) -> Reply:
        return Reply(item.gold)

    async def other(item: Item) -> Reply:
        return Reply(shifted[item.id])

    assert asyncio.run(run_suite(suite, gold, SystemClock(), BOX)).right == 5
    assert asyncio.run(run_suite(suite, other, SystemClock(), BOX)).right <= 1


def test_without_bubblewrap_every_executed_item_is_not_judged(tmp_path: Path) -> None:
    bare = Sandbox(bwrap=str(tmp_path / "no-bwrap"))

    async def gold(item: Item) -> Reply:
        return Reply(item.gold)

    result = asyncio.run(run_suite(of_items("cli", SHELL[:5]), gold, SystemClock(), bare))
    assert (result.not_judged, result.right) == (5, 0)
    python = of_items("python", PYTHON[:5])
    assert asyncio.run(run_suite(python, gold, SystemClock(), bare)).not_judged == 5
