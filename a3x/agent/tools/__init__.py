"""Tools the agent runs on its own account, by name. A tool takes parsed arguments and returns text; it never raises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class ToolUse:
    """One tool call that was carried out, or could not be."""

    name: str
    arguments: Mapping[str, Any]
    result: str
    ok: bool


class Tool(Protocol):
    """A named function the model may call."""

    name: str
    parameters: Mapping[str, Any]
    """The JSON schema of its arguments."""

    def run(self, arguments: Mapping[str, Any]) -> tuple[str, bool]:
        """(result or ``error: …``, whether it worked)."""
        ...


def call(tools: Mapping[str, Tool], text: str) -> ToolUse:
    """Carry out one call as the model wrote it: ``{"name": …, "arguments": {…}}``."""
    try:
        request = json.loads(text)
        name, arguments = request["name"], request.get("arguments", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        return ToolUse("", {}, "error: a tool call must be JSON with name and arguments", ok=False)
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return ToolUse(str(name), {}, "error: name must be text and arguments an object", ok=False)
    tool = tools.get(name)
    if tool is None:
        return ToolUse(name, arguments, f"error: no tool is called {name}", ok=False)
    result, ok = tool.run(arguments)
    return ToolUse(name, arguments, result, ok)
