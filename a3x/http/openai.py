"""OpenAI's chat completions on the wire, both ways. Knows the shape of a turn; reads no socket, calls no agent.

A field that would change the answer and is not supported is refused by name, never ignored. ``temperature`` defaults
to 0, not to OpenAI's 1: a small model is at its best greedy, and repeating a question then repeats the answer.
"""

from __future__ import annotations

import math
import time
import uuid
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from a3x.agent.turn import TurnRequest, TurnResult
from a3x.errors import BadRequest, Unsupported
from a3x.http import body
from a3x.types import Message, Piece, Role, Sampling

MAX_STOPS = 16
INT32_MAX = 2**31 - 1

IGNORED = frozenset(
    {
        "user",
        "metadata",
        "store",
        "service_tier",
        "safety_identifier",
        "prompt_cache_key",
        "prompt_cache_retention",
        "parallel_tool_calls",
    }
)
"""Known fields that do not change the answer: accepted, whatever they hold."""

REFUSED: dict[str, tuple[Any, ...]] = {
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "n": (1,),
    "audio": (),
    "modalities": (["text"],),
    "prediction": (),
    "reasoning_effort": (),
    "verbosity": (),
    "web_search_options": (),
}
"""Known fields that would change the answer, with the values (besides null) that ask for nothing."""

REFUSED_IN_MESSAGE: dict[str, tuple[Any, ...]] = {
    "name": (),
    "tool_calls": ([],),
    "function_call": (),
    "audio": (),
    "refusal": (),
}
IGNORED_IN_MESSAGE = frozenset({"tool_call_id", "annotations", "reasoning_content"})
"""What clients send back of an earlier answer; ``reasoning_content`` is never shown to the model again."""


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _as_list(value: Any) -> Any:
    """One stop string stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _as_parts(value: Any) -> Any:
    """A string stands for one text part."""
    if not isinstance(value, (str, list)):
        raise ValueError("must be a string or a list of text parts")
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


class TextPart(_Wire):
    type: Literal["text"]
    text: str


class ChatMessage(_Wire):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[list[TextPart], BeforeValidator(_as_parts)]


class StreamOptions(_Wire):
    include_usage: bool = False
    include_obfuscation: bool = False


class ChatRequest(_Wire):
    """What is left of the body once harmless fields are taken out and unsupported ones refused."""

    model: str = Field(min_length=1, max_length=256)
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    temperature: float = Field(default=0.0, ge=0, le=2)
    top_p: float = Field(default=1.0, ge=0, le=1)
    top_k: int = Field(default=0, ge=0, le=INT32_MAX)
    min_p: float = Field(default=0.0, ge=0, le=1)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    max_tokens: int | None = Field(default=None, ge=1, le=INT32_MAX)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=INT32_MAX)
    stop: Annotated[list[Annotated[str, Field(min_length=1)]], BeforeValidator(_as_list)] = Field(
        [], max_length=MAX_STOPS
    )


@dataclass(frozen=True)
class ChatCall:
    """One parsed request: the turn to ask for and how its answer is to be written."""

    turn: TurnRequest
    stream: bool
    include_usage: bool
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))


def parse(data: bytes, session: str = "", learn: bool = True) -> ChatCall:
    """Body of a chat completion → ChatCall. Raises BadRequest or Unsupported naming the field."""
    fields = _screen(body.parse_json(data), IGNORED, REFUSED, "")
    raw = fields.get("messages")
    if isinstance(raw, list):
        fields["messages"] = [_screen_message(message, index) for index, message in enumerate(raw)]
    wire = body.validate(ChatRequest, fields)
    if wire.messages[-1].role not in ("user", "tool"):
        raise BadRequest("the last message must be from user or tool", param="messages")
    if wire.messages[-1].role == "user" and not any(part.text.strip() for part in wire.messages[-1].content):
        where = f"messages[{len(wire.messages) - 1}].content"
        raise BadRequest("the last message is empty: there is nothing to answer", param=where)
    if "stream_options" in fields and not wire.stream:
        raise BadRequest("stream_options is only allowed with stream: true", param="stream_options")
    request = TurnRequest(
        messages=tuple(
            Message(_role(message.role), "".join(part.text for part in message.content)) for message in wire.messages
        ),
        model=wire.model,
        sampling=_sampling(wire),
        session=session,
        learn=learn,
    )
    return ChatCall(request, wire.stream, wire.stream_options.include_usage)


def _screen(
    fields: dict[str, Any], ignored: frozenset[str], refused: dict[str, tuple[Any, ...]], prefix: str
) -> dict[str, Any]:
    """Drop nulls and harmless fields. Raises Unsupported for one that asks for something we cannot do."""
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        if name in refused:
            if value is not None and not any(_same(value, neutral) for neutral in refused[name]):
                raise Unsupported(f"field {prefix + name!r} is not supported; leave it out", param=prefix + name)
        elif name not in ignored and (value is not None or name in ("model", "messages", "role", "content")):
            kept[name] = value
    return kept


def _same(value: Any, neutral: Any) -> bool:
    """Equality as JSON sees it: ``false`` is not ``0``."""
    return value == neutral and isinstance(value, bool) == isinstance(neutral, bool)


def _screen_message(message: Any, index: int) -> Any:
    if not isinstance(message, dict):
        return message
    prefix = f"messages[{index}]."
    kept = _screen(message, IGNORED_IN_MESSAGE, REFUSED_IN_MESSAGE, prefix)
    parts = kept.get("content")
    for number, part in enumerate(parts if isinstance(parts, list) else []):
        if isinstance(part, dict) and isinstance(part.get("type"), str) and part["type"] != "text":
            where = f"{prefix}content[{number}].type"
            raise Unsupported(f"{where}: content of type {part['type']!r} is not supported, only text", param=where)
    if kept.get("role") == "assistant" and parts is None:
        kept["content"] = ""
    return kept


def _role(role: str) -> Role:
    """OpenAI renamed system to developer for some models; a chat template knows only the former."""
    return "system" if role == "developer" else role  # type: ignore[return-value]


def _sampling(wire: ChatRequest) -> Sampling:
    limits = {limit for limit in (wire.max_tokens, wire.max_completion_tokens) if limit is not None}
    if len(limits) > 1:
        raise BadRequest("max_tokens and max_completion_tokens differ; send one of them", param="max_tokens")
    return Sampling(
        temperature=wire.temperature,
        top_p=wire.top_p,
        top_k=wire.top_k,
        min_p=wire.min_p,
        seed=wire.seed,
        max_tokens=limits.pop() if limits else None,
        stop=tuple(wire.stop),
    )


# --- answers ---------------------------------------------------------------------------------------------------------


def completion(call: ChatCall, result: TurnResult) -> dict[str, Any]:
    """The whole answer, not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": result.completion.text, "refusal": None}
    if result.completion.reasoning:
        message["reasoning_content"] = result.completion.reasoning
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(result)}
    return {
        **_head(call, "chat.completion"),
        "system_fingerprint": _fingerprint(result),
        "choices": [choice],
        "usage": _usage(result),
        "a3x": _a3x(result),
    }


def first_chunk(call: ChatCall) -> dict[str, Any]:
    """Opens a stream: the role, no text yet."""
    return _chunk(call, {"role": "assistant", "content": ""})


def piece_chunk(call: ChatCall, piece: Piece) -> dict[str, Any]:
    """One piece of text or of declared reasoning."""
    return _chunk(call, {"reasoning_content" if piece.reasoning else "content": piece.text})


def last_chunk(call: ChatCall, result: TurnResult) -> dict[str, Any]:
    """The chunk with the finish reason and the ``a3x`` object."""
    chunk = _chunk(call, {}, _finish(result))
    return {**chunk, "system_fingerprint": _fingerprint(result), "a3x": _a3x(result)}


def usage_chunk(call: ChatCall, result: TurnResult) -> dict[str, Any]:
    """What ``stream_options.include_usage`` asks for, after the last chunk."""
    return {**_head(call, "chat.completion.chunk"), "choices": [], "usage": _usage(result)}


def _head(call: ChatCall, kind: str) -> dict[str, Any]:
    return {"id": call.id, "object": kind, "created": call.created, "model": call.turn.model}


def _chunk(call: ChatCall, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    chunk = {**_head(call, "chat.completion.chunk"), "choices": [choice]}
    return {**chunk, "usage": None} if call.include_usage else chunk


def _finish(result: TurnResult) -> str:
    """OpenAI has no word for an answer cut off by a stopping daemon; ``length`` at least says it is not whole."""
    return "stop" if result.completion.finish_reason == "stop" else "length"


def _fingerprint(result: TurnResult) -> str:
    return f"{result.mix.key}-{result.completion.model_sha256[:16]}"


def _usage(result: TurnResult) -> dict[str, Any]:
    done = result.completion
    return {
        "prompt_tokens": done.prompt_tokens,
        "completion_tokens": done.completion_tokens,
        "total_tokens": done.prompt_tokens + done.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": done.cached_tokens},
    }


def _a3x(result: TurnResult) -> dict[str, Any]:
    return {
        "experience_id": result.experience_id,
        "made_by": "engine",
        "mix": result.mix.describe(),
        "model_sha256": result.completion.model_sha256,
        "sources": [],
        "confidence": round(math.exp(result.completion.stats.mean_logprob), 6),
        "recorded": result.recorded,
    }
