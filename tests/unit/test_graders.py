"""Graders: what counts as right, what does not, and what cannot be judged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from a3x.clock import HandClock
from a3x.engine.scripted import ScriptedEngine
from a3x.errors import BadRequest, EngineFailure, SandboxUnavailable
from a3x.judge import executed
from a3x.judge.graders import Reply, code, command, grade, normal
from a3x.judge.run import SuiteResult, answer_with, run_suite
from a3x.judge.suites import Item, of_items
from a3x.sandbox.run import Limits, Result
from a3x.types import BASE_MIX, Generation, Message

SH, PY = "```sh\n{}\n```", "```python\n{}\n```"
CALL = '<tool_call>{"name": "calc", "arguments": {"expression": "17*23"}}</tool_call>'


def item(kind: str, gold: str = "", id: str = "x-1", **grader: Any) -> Item:
    return Item(id, "x", "en", (Message("user", "?"),), {"kind": kind, **grader}, gold)


def score(kind: str, gold: str, text: str, *calls: str, **grader: Any) -> int | None:
    return grade(item(kind, gold, **grader), Reply(text, calls))


@pytest.mark.parametrize(
    ("kind", "gold", "grader", "right", "wrong"),
    [
        ("exact", "8471", {}, [" 8471\n"], ["8471.", "8 471", ""]),
        ("exact", "a", {"accept": ["b"]}, ["a", "b"], ["c", "A"]),
        ("normalised", "São Paulo", {}, ["são  paulo.", '"São Paulo"', "`SÃO PAULO`"], ["Sao Paulo", "São", ""]),
        ("normalised", "file.txt", {"accept": ["other"]}, ["FILE.TXT", "Other!"], ["file txt", "filetxt"]),
        ("normalised", "don't know", {}, ["don't know"], ["dont know"]),
        ("contains", "", {"any": ["A³X", "A3X"]}, ["I am a3x.", "A³X!"], ["A3XY", "nobody", ""]),
        ("contains", "", {"all": ["red", "blue"]}, ["blue and red"], ["red", "bluered"]),
        ("contains", "", {"any": ["no"], "none": ["yes"]}, ["no, never"], ["yes and no", "nothing"]),
        ("regex", "", {"pattern": r"^run `a3x \w+`"}, ["Run `a3x doctor` now"], ["a3x doctor"]),
        ("numeric", "17 × 23 = 391", {}, ["391", "it is 391.", "17 × 23 = 391", "391.0"], ["392", "391 - 1", "no", ""]),
        ("numeric", "1447264", {}, ["1,447,264"], ["447,264"]),
        ("numeric", "0.5", {"tolerance": 0.01}, ["0.505"], ["0.52"]),
        ("json", '{"a": 1, "b": "x"}', {}, ['{"b":"x", "a":1}', '```json\n{"a": 1, "b": "x"}\n```'],
         ['{"a": 1}', '{"a": "1", "b": "x"}', '{"a": true, "b": "x"}', '{"a": 1, "b": "x", "c": 2}', "a", "[]"]),
        ("command", SH.format("kill 42"), {"accept": [SH.format("kill -15 42")]},
         [SH.format("kill  42"), "kill 42", SH.format("kill -15 42"), SH.format("kill '42'")],
         [SH.format("kill 43"), SH.format("kill 42; ls"), SH.format("kill 4 2"), ""]),
        ("command", "find . -name '*.py'", {}, ['find . -name "*.py"'], ["find . -name *.py", "find . -name .py"]),
        ("command", 'echo "a > b"', {}, ["echo 'a > b'"], ["echo a > b", 'echo "a" > b']),
        ("command", "echo '$HOME'", {}, ["echo  '$HOME'"], ['echo "$HOME"', "echo $HOME"]),
    ],
)  # fmt: skip
def test_text_graders(kind: str, gold: str, grader: dict[str, Any], right: list[str], wrong: list[str]) -> None:
    assert [text for text in right if score(kind, gold, text, **grader) != 1] == []
    assert [text for text in wrong if score(kind, gold, text, **grader) != 0] == []


def call(name: object = "calc", **arguments: object) -> str:
    return json.dumps({"name": name, "arguments": arguments})


@pytest.mark.parametrize("expression", ["17*23", "23 * 17", "(17*23)", "10*23+7*23"])
def test_an_expression_counts_by_its_value(expression: str) -> None:
    assert score("tool_call", CALL, "", call(expression=expression)) == 1


@pytest.mark.parametrize(
    "calls",
    [
        (),
        (call(expression="391"),),
        (call(expression="17*24"),),
        (call(expression="17**23"),),
        (call(expression=391),),
        (call("other", expression="17*23"),),
        (call(expression="17*23", more=1),),
        (call(expression="17*23"), call(expression="17*23")),
        ("{",),
        ("[]",),
        ('"calc"',),
        ('{"name": "calc"}',),
        ('{"name": "calc", "arguments": null}',),
    ],
)
def test_wrong_tool_calls(calls: tuple[str, ...]) -> None:
    assert score("tool_call", CALL, "17 × 23 = 391", *calls) == 0


def test_division_by_zero_is_a_value_and_nonsense_is_none() -> None:
    gold = CALL.replace("17*23", "5/0")
    assert score("tool_call", gold, "", call(expression="5/0")) == 1
    assert score("tool_call", gold, "", call(expression="5/")) == 0


def test_other_tools_need_equal_arguments() -> None:
    gold = '<tool_call>{"name": "send", "arguments": {"port": 80, "to": "Ana"}}</tool_call>'
    assert score("tool_call", gold, "", call("send", to="Ana", port=80)) == 1
    assert score("tool_call", gold, "", call("send", to="Ana", port="80")) == 0
    assert score("tool_call", gold, "", call("send", to="ana", port=80)) == 0


def test_unknown_graders_are_refused() -> None:
    with pytest.raises(BadRequest, match="vibes"):
        score("vibes", "", "")


def test_code_takes_the_first_block() -> None:
    assert code("Run this:\n```sh\nls -l\n```\nor\n```sh\nls\n```") == "ls -l"
    assert code("ls") == "ls"
    assert code("```python\nif a:\n    b()\n```") == "if a:\n    b()"


def test_normal_and_command_never_raise() -> None:
    for text in ("", '"', "'''", "a 'b", "\\", ".", "!!", "```", "$(", "\0"):
        assert isinstance(normal(text), str)
        assert isinstance(command(text), str)


# --- running ---------------------------------------------------------------------------------------------------------


class FakeBox:
    """Prints what a script would, from a table of commands; knows the wrapper's marks by reading them."""

    python = "python3"

    def __init__(self, said: Mapping[str, str], exit_code: int = 0) -> None:
        self.said = said
        self.exit_code = exit_code
        self.runs = 0

    def run(
        self,
        command: Sequence[str] | str,
        files: Mapping[str, bytes] | None = None,
        stdin: bytes = b"",
        timeout_s: float | None = None,
        limits: Limits | None = None,
    ) -> Result:
        self.runs += 1
        mark = str(command[-1]).partition('echo "')[2].partition(" ")[0]
        out = ""
        for name in sorted(name for name in files or {} if name.startswith("command")):
            text = (files or {})[name].decode().splitlines()[1]
            if text in self.said:
                out += f"{mark} code 0\n{self.said[text]}\n{mark} after\n{mark} tree\nd 755 \n"
        return Result(self.exit_code, out, "", False, False, 0.0, 0.0, "")


class NoBox(FakeBox):
    def run(self, *_: Any, **__: Any) -> Result:
        raise SandboxUnavailable("no bubblewrap")


SHELL = item("shell", SH.format("ls"))
PYTHON = item("python", PY.format("a = 1"), after="assert a == 1")


def test_outcomes_decide_not_words() -> None:
    box = FakeBox({"ls": "a", "dir": "a", "ls b": "b"})
    assert grade(SHELL, Reply(SH.format("ls")), box) == 1
    assert grade(SHELL, Reply(SH.format("dir")), box) == 1
    assert grade(SHELL, Reply(SH.format("ls b")), box) == 0
    assert grade(SHELL, Reply("hangs"), box) == 0


def test_order_of_lines_counts_unless_the_item_says_not() -> None:
    box = FakeBox({"ls": "a\nb", "ls -r": "b\na"})
    loose = item("shell", SH.format("ls"), unordered=True)
    assert grade(SHELL, Reply("ls -r"), box) == 0
    assert grade(loose, Reply("ls -r"), box) == 1


def test_without_a_sandbox_nothing_is_judged_not_even_the_gold() -> None:
    for each in (SHELL, PYTHON):
        assert grade(each, Reply(each.gold), None) is None
        assert grade(each, Reply(each.gold), NoBox({})) is None


def test_a_fixture_that_fails_is_not_judged() -> None:
    assert grade(SHELL, Reply("ls"), FakeBox({}, exit_code=98)) is None


def test_code_that_leaves_before_the_asserts_fails() -> None:
    assert grade(PYTHON, Reply("import os\nos._exit(0)"), FakeBox({})) == 0


def test_executed_kinds_are_never_graded_as_text() -> None:
    assert executed.KINDS == ("shell", "python")


# --- the run ---------------------------------------------------------------------------------------------------------


def run(answers: Mapping[str, str], items: Sequence[Item], concurrency: int = 3) -> SuiteResult:
    engine = ScriptedEngine(lambda request: answers[request.messages[-1].content])
    return asyncio.run(
        run_suite(of_items("x", tuple(items)), answer_with(engine, BASE_MIX), HandClock(), None, concurrency)
    )


def question(at: int, kind: str = "exact", gold: str = "") -> Item:
    return Item(f"x-{at}", "x", "en", (Message("user", str(at)),), {"kind": kind}, gold or str(at))


def test_results_keep_the_order_and_count_what_was_not_judged() -> None:
    items = [*(question(at) for at in range(9)), question(9, "shell")]
    result = run({str(at): str(at if at % 2 else -1) for at in range(10)}, items)
    assert list(result.scores) == [each.id for each in items]
    assert list(result.scores.values()) == [0, 1] * 4 + [0, None]
    assert (result.right, result.not_judged) == (4, 1)
    assert result.answers == ("-1", "1", "-1", "3", "-1", "5", "-1", "7", "-1", "9")


def test_reasoning_is_not_part_of_the_answer() -> None:
    thought = run({"1": "<think>it may be 5</think>1", "2": "<think>2</think>7"}, [question(1), question(2)])
    assert list(thought.scores.values()) == [1, 0]
    assert thought.answers == ("1", "7")


def test_tool_calls_reach_the_grader() -> None:
    assert run({"1": CALL}, [question(1, "tool_call", CALL)]).right == 1


def test_never_more_at_once_than_allowed() -> None:
    now, most = 0, 0

    async def answer(_: Item) -> Any:
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await asyncio.sleep(0)
        now -= 1
        return Reply("")

    suite = of_items("x", tuple(question(at) for at in range(20)))
    asyncio.run(run_suite(suite, answer, HandClock(), concurrency=4))
    assert 2 <= most <= 4


def test_an_engine_that_fails_ends_the_run() -> None:
    def refuse(request: Generation) -> str:
        raise EngineFailure("broken")

    suite = of_items("x", (question(1), question(2)))
    with pytest.raises(EngineFailure, match="broken"):
        asyncio.run(run_suite(suite, answer_with(ScriptedEngine(refuse), BASE_MIX), HandClock()))
