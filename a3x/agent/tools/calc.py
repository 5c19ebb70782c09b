"""The calculator tool: exact arithmetic on an expression. Nothing is executed; see ``a3x.arithmetic``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a3x.arithmetic import calc


class Calc:
    """``calc(expression)``."""

    name = "calc"
    parameters: Mapping[str, Any] = {
        "type": "object",
        "properties": {"expression": {"type": "string"}},
        "required": ["expression"],
    }

    def run(self, arguments: Mapping[str, Any]) -> tuple[str, bool]:
        expression = arguments.get("expression")
        if not isinstance(expression, str):
            return "error: calc needs the text argument expression", False
        result = calc(expression)
        return result, not result.startswith("error:")
