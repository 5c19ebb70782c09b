"""Grammars of whole answers: JSON of a schema, calls of tools, or either. Knows the marks around calls, no HTTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from a3x.engine.chat import TOOL_MARKS
from a3x.engine.gbnf import Rules, json_text, quoted
from a3x.engine.schema import schema_rule
from a3x.errors import BadRequest
from a3x.types import Grammar, ToolSpec

NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
MAX_TOOLS = 128
MAX_CALLS = 16
"""Calls in one answer."""


def answer_grammar(schema: Any, where: str) -> Grammar:
    """The answer is JSON of ``schema``."""
    rules = Rules(where)
    return Grammar(rules.text(schema_rule(schema, where, rules)))


def call_grammar(tools: Sequence[ToolSpec], where: str = "tools") -> Grammar:
    """Text is free, and every call in it is a call of one of ``tools``."""
    rules = Rules(where)
    return Grammar(rules.text(_call(tools, where, rules)), when="in_calls")


def forced_grammar(
    tools: Sequence[ToolSpec],
    several: bool,
    only: str | None = None,
    where: str = "tools",
    otherwise: Any = None,
    otherwise_at: str = "",
) -> Grammar:
    """The answer is a call of one of ``tools`` (of the one called ``only``), or some if ``several``.

    If there is a schema ``otherwise``, it may be JSON of that instead.
    """
    rules = Rules(where)
    call = rules.add(f"{quoted(TOOL_MARKS[0])} {_call(tools, where, rules, only)}")
    root = rules.add(f"{call} {rules.repeat(rules.add(f'newline {call}'), 0, MAX_CALLS - 1)}" if several else call)
    if otherwise is not None:
        root = rules.add(f"{root} | {schema_rule(otherwise, otherwise_at, rules)}")
    return Grammar(rules.text(root))


def _call(tools: Sequence[ToolSpec], where: str, rules: Rules, only: str | None = None) -> str:
    """A rule for what stands after the opening mark, up to and with the closing mark."""
    if len(tools) > MAX_TOOLS:
        raise BadRequest(f"{where}: {len(tools)} tools; the limit is {MAX_TOOLS}", param=where)
    bodies = [
        rules.add(_body(tool, f"{where}[{index}].function", rules))
        for index, tool in enumerate(tools)
        if only in (None, tool.name)
    ]
    return rules.add(f'newline "{{" name-key ({" | ".join(bodies)}) "}}" newline {quoted(TOOL_MARKS[1])}')


def _body(tool: ToolSpec, where: str, rules: Rules) -> str:
    if not NAME.fullmatch(tool.name):
        raise BadRequest(f"{where}.name: 1 to 64 letters, digits, '_', '-' or '.'", param=f"{where}.name")
    schema = {"type": "object", "properties": {}, **tool.parameters}
    if schema["type"] != "object":
        raise BadRequest(f"{where}.parameters: must be the schema of an object", param=f"{where}.parameters")
    arguments = schema_rule(schema, f"{where}.parameters", rules)
    return f"{rules.one_of([json_text(tool.name)])} comma arguments-key {arguments}"
