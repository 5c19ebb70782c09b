"""Tools, their choice, structured output and past tool calls on OpenAI's wire. Knows no grammar: the agent makes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from a3x.agent.calling import Wishes
from a3x.agent.turn import TurnResult
from a3x.errors import BadRequest
from a3x.http.openai import Wire
from a3x.types import ToolSpec


class FunctionWire(Wire):
    name: str = Field(min_length=1, max_length=64)
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    """Schemas are always enforced."""


class ToolWire(Wire):
    type: Literal["function"]
    function: FunctionWire


class NamedFunction(Wire):
    name: str = Field(min_length=1)


class NamedTool(Wire):
    type: Literal["function"]
    function: NamedFunction


class SchemaWire(Wire):
    name: str = ""
    description: str | None = None
    strict: bool | None = None
    """Schemas are always enforced."""
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class FormatWire(Wire):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaWire | None = None


class CalledFunction(Wire):
    name: str = Field(min_length=1)
    arguments: str


class CalledTool(Wire):
    """A call as a client sends it back."""

    id: str = ""
    type: Literal["function"] = "function"
    function: CalledFunction


def wishes(tools: Sequence[ToolWire], choice: str | NamedTool | None, several: bool, form: FormatWire | None) -> Wishes:
    """What the client wants called and shaped. Raises BadRequest."""
    specs = tuple(
        ToolSpec(one.function.name, one.function.description or "", one.function.parameters or {}) for one in tools
    )
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        raise BadRequest("two tools have the same name", param="tools")
    only = choice.function.name if isinstance(choice, NamedTool) else None
    if choice in ("required",) or only is not None:
        if not specs:
            raise BadRequest("tool_choice asks for a call, but there are no tools", param="tool_choice")
        return Wishes(specs, "required", only, several)
    if choice not in (None, "auto", "none"):
        raise BadRequest("tool_choice: none, auto, required or a function", param="tool_choice")
    schema, schema_at = _schema(form)
    return Wishes(specs, "none" if choice == "none" else "auto", None, several, schema, schema_at)


def _schema(form: FormatWire | None) -> tuple[Any, str]:
    if form is None or form.type == "text":
        return None, "response_format"
    if form.type == "json_object":
        return {"type": "object"}, "response_format"
    if form.json_schema is None or form.json_schema.schema_ is None:
        raise BadRequest("response_format: json_schema.schema is missing", param="response_format.json_schema.schema")
    return form.json_schema.schema_, "response_format.json_schema.schema"


def past_calls(calls: Sequence[CalledTool], where: str) -> str:
    """Earlier calls as the model wrote them. Raises BadRequest for arguments that are not JSON."""
    text = ""
    for index, call in enumerate(calls):
        try:
            arguments = json.loads(call.function.arguments or "{}")
        except (ValueError, RecursionError) as error:
            param = f"{where}[{index}].function.arguments"
            raise BadRequest(f"{param}: not JSON: {error}", param=param) from error
        body = json.dumps({"name": call.function.name, "arguments": arguments}, ensure_ascii=False)
        text += f"<tool_call>{body}</tool_call>"
    return text


def calls(result: TurnResult) -> list[dict[str, Any]]:
    """``message.tool_calls``."""
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in result.calls
    ]


def call_deltas(result: TurnResult) -> list[dict[str, Any]]:
    """Each call in two deltas: who is called, then with what."""
    deltas: list[dict[str, Any]] = []
    for index, call in enumerate(calls(result)):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        deltas.append({"index": index, **call, "function": {"name": name, "arguments": ""}})
        deltas.append({"index": index, "function": {"arguments": arguments}})
    return [{"tool_calls": [delta]} for delta in deltas]
