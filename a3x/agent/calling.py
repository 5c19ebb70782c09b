"""What a turn may call and what form its answer has: from the client's wishes to a grammar. Runs nothing.

Tools that the client brings are its own to run: a call of one ends the turn and is handed over. The agent's own tools go on
working beside them as long as the choice is the model's (``auto``) and no name is taken.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from a3x.agent.tools import Tool
from a3x.engine.structure import answer_grammar, call_grammar, forced_grammar
from a3x.errors import BadRequest
from a3x.types import Grammar, ToolSpec


@dataclass(frozen=True)
class Wishes:
    """The client's tools and the form it wants. ``only`` names the one tool that must be called; ``required`` any.

    ``schema`` is the JSON schema of the answer, ``schema_at`` where the client wrote it.
    """

    tools: tuple[ToolSpec, ...] = ()
    choice: Literal["auto", "none", "required"] = "auto"
    only: str | None = None
    several: bool = True
    schema: Any = None
    schema_at: str = "response_format"

    @property
    def offered(self) -> tuple[ToolSpec, ...]:
        """The client's tools that may be called in this turn."""
        return () if self.choice == "none" else self.tools


@dataclass(frozen=True)
class ClientCall:
    """A call of one of the client's tools. ``arguments`` is JSON text."""

    id: str
    name: str
    arguments: str


def grammar(wishes: Wishes, own: Mapping[str, Tool]) -> Grammar | None:
    """What the answer must match; None if it is free. BadRequest and Unsupported name the place in the client's schemas."""
    tools = wishes.offered
    if wishes.choice == "required":
        if wishes.only is not None and wishes.only not in {tool.name for tool in tools}:
            raise BadRequest(f"tool_choice: there is no tool {wishes.only!r}", param="tool_choice")
        return forced_grammar(tools, wishes.several, wishes.only)
    if tools and wishes.schema is not None:
        return forced_grammar(tools, wishes.several, otherwise=wishes.schema, otherwise_at=wishes.schema_at)
    if tools:
        taken = {tool.name for tool in tools}
        house = [ToolSpec(tool.name, "", tool.parameters) for tool in own.values() if tool.name not in taken]
        return call_grammar((*tools, *house))
    return None if wishes.schema is None else answer_grammar(wishes.schema, wishes.schema_at)


def client_calls(wishes: Wishes, texts: Sequence[str]) -> tuple[ClientCall, ...]:
    """Those of the model's calls that are the client's to run; one at most unless it wants ``several``."""
    names = {tool.name for tool in wishes.offered}
    found = [call for text in texts if (call := _parsed(text)) and call.name in names]
    return tuple(found if wishes.several else found[:1])


def _parsed(text: str) -> ClientCall | None:
    try:
        call = json.loads(text)
        name, arguments = call["name"], call["arguments"]
    except (ValueError, KeyError, TypeError):
        return None
    return ClientCall(f"call_{uuid.uuid4().hex[:24]}", str(name), json.dumps(arguments, ensure_ascii=False))
