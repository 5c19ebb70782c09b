"""What makes an answer right: one pure function a kind of grader. Running things is the business of ``executed``.

A score is 1 (right), 0 (wrong) or None (not judged: there was no sandbox, or the fixture does not work on this
machine). Graders see the answer and its tool calls, never what the model declared as thinking.
"""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from a3x.arithmetic import DIVISION_ERROR, calc
from a3x.errors import BadRequest
from a3x.judge import executed
from a3x.judge.executed import Runner
from a3x.judge.suites import Item

Score = Literal[0, 1] | None

FENCE = re.compile(r"```[ \t]*\w*[ \t]*\n(.*?)\n?```", re.DOTALL)
NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?")
QUOTES = "\"'`“”‘’«»"
ENDINGS = ".!"
PLAIN_WORD = re.compile(r"[\w./:@%+=,-]+")
"""What the shell reads alike with and without quotes."""
TOOL_CALL = re.compile(r"<tool_call>(.*)</tool_call>", re.DOTALL)


@dataclass(frozen=True)
class Reply:
    """What a grader sees: the final answer, and the JSON texts of the tools it called."""

    text: str
    tool_calls: tuple[str, ...] = ()


def grade(item: Item, reply: Reply, runner: Runner | None = None, stamp: int = 0) -> Score:
    """Score one answer. ``stamp`` (epoch seconds) dates the fixture's files: about now. BadRequest for an unknown grader."""
    kind = item.grader["kind"]
    if kind in executed.KINDS:
        return executed.grade(kind, item.grader, code(item.gold), code(reply.text), runner, stamp)
    grader = PLAIN.get(kind)
    if grader is None:
        raise BadRequest(f"item {item.id} asks for grader {kind!r}; known: {', '.join((*PLAIN, *executed.KINDS))}")
    return 1 if grader(item.grader, item.gold, reply) else 0


# --- text ------------------------------------------------------------------------------------------------------------


def normal(text: str) -> str:
    """The text without case, extra space, surrounding quotes and final stop."""
    text = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    while text != (bare := text.strip(QUOTES).rstrip(ENDINGS).strip()) and bare:
        text = bare
    return text


def _right(grader: Mapping[str, Any], gold: str) -> Sequence[str]:
    """Every answer that counts as the right one."""
    return (gold, *grader.get("accept", ()))


def _exact(grader: Mapping[str, Any], gold: str, reply: Reply) -> bool:
    return reply.text.strip() in {text.strip() for text in _right(grader, gold)}


def _normalised(grader: Mapping[str, Any], gold: str, reply: Reply) -> bool:
    return normal(reply.text) in {normal(text) for text in _right(grader, gold)}


def _contains(grader: Mapping[str, Any], gold: str, reply: Reply) -> bool:
    """Whole words or phrases: ``all`` of these, at least one of ``any``, ``none`` of those."""
    text = normal(reply.text)
    some = grader.get("any", ())
    return (
        all(_holds(text, part) for part in grader.get("all", ()))
        and (not some or any(_holds(text, part) for part in some))
        and not any(_holds(text, part) for part in grader.get("none", ()))
    )


def _holds(text: str, part: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(normal(part))}(?!\w)", text) is not None


def _regex(grader: Mapping[str, Any], gold: str, reply: Reply) -> bool:
    """Patterns come from pinned suites only."""
    return re.search(grader["pattern"], reply.text.strip(), re.IGNORECASE) is not None


def _numeric(grader: Mapping[str, Any], gold: str, reply: Reply) -> bool:
    """The last number of the answer is that of the gold answer."""
    found, wanted = NUMBER.findall(reply.text), NUMBER.findall(gold)
    if not found or not wanted:
        return False
    return abs(_number(found[-1]) - _number(wanted[-1])) <= Fraction(str(grader.get("tolerance", 0)))


def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


# --- structure -------------------------------------------------------------------------------------------------------


def code(text: str) -> str:
    """The content of the answer's first code block; the whole answer if it has none."""
    match = FENCE.search(text)
    return (match[1] if match else text).strip("\n")


def _json(grader: Mapping[str, Any], gold: str, reply: Reply) -> bool:
    """The same fields with the same values, in any order and spacing."""
    try:
        return _same(json.loads(code(reply.text)), json.loads(gold))
    except ValueError:
        return False


def _same(left: object, right: object) -> bool:
    """Equal as JSON: true is not 1, "1" is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def command(text: str) -> str:
    """A command as its words: spacing does not count, nor do quotes that change nothing. Unparsable: itself."""
    lexer = shlex.shlex(text.strip(), posix=False, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return "\0".join(map(_word, lexer))
    except ValueError:
        return text.strip()


def _word(word: str) -> str:
    if len(word) < 2 or word[0] not in "\"'" or word[-1] != word[0]:
        return word
    inner = word[1:-1]
    if PLAIN_WORD.fullmatch(inner):
        return inner
    return word if set(inner) & set("$`\\!'\"") else f"'{inner}'"


def _command(grader: Mapping[str, Any], gold: str, reply: Reply) -> bool:
    """The code block's command is one of the right ones."""
    return command(code(reply.text)) in {command(code(text)) for text in _right(grader, gold)}


def calls_in(text: str) -> tuple[str, ...]:
    """The tool calls of a raw answer, for golds, which are written with their marks."""
    return tuple(match.strip() for match in TOOL_CALL.findall(text))


def _tool_call(grader: Mapping[str, Any], gold: str, reply: Reply) -> bool:
    """Exactly one call, of that name, with those arguments; an expression counts by what it evaluates to."""
    if len(reply.tool_calls) != 1:
        return False
    try:
        called, wanted = json.loads(reply.tool_calls[0]), json.loads(calls_in(gold)[0])
        same_name = called["name"] == wanted["name"]
        arguments, right = called["arguments"], wanted["arguments"]
    except (ValueError, KeyError, TypeError):
        return False
    if same_name and wanted["name"] == "calc" and isinstance(arguments, dict) and arguments.keys() == right.keys():
        return same_value(arguments["expression"], right["expression"])
    return same_name and _same(arguments, right)


def same_value(expression: object, wanted: str) -> bool:
    """Whether the calculator gives the same for both; a bare result written as an expression does not count."""
    if not isinstance(expression, str) or re.search(r"\d\s*[-+*/%]", expression) is None:
        return False
    result = calc(expression)
    return result == calc(wanted) and (not result.startswith("error") or result == DIVISION_ERROR)


PLAIN: Mapping[str, Callable[[Mapping[str, Any], str, Reply], bool]] = {
    "exact": _exact,
    "normalised": _normalised,
    "contains": _contains,
    "regex": _regex,
    "numeric": _numeric,
    "json": _json,
    "command": _command,
    "tool_call": _tool_call,
}
"""Grader kinds that run nothing. ``accept`` in exact, normalised and command lists further right answers."""
