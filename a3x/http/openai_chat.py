"""OpenAI's chat completions on the wire, both ways. Knows the shape of a turn; reads no socket, calls no agent."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from a3x.agent.calling import Wishes
from a3x.agent.turn import TurnRequest, TurnResult
from a3x.errors import BadRequest, Unsupported
from a3x.http import body, openai, openai_tools
from a3x.http.openai import INT32_MAX, MAX_RIVALS, SamplingFields, Wire
from a3x.http.openai_tools import CalledTool, FormatWire, NamedTool, ToolWire
from a3x.types import Message, Piece, Role, TokenLogprob

IGNORED = frozenset(
    {
        "user",
        "metadata",
        "store",
        "service_tier",
        "safety_identifier",
        "prompt_cache_key",
        "prompt_cache_retention",
    }
)
"""Known fields that do not change the answer: accepted, whatever they hold."""

REFUSED: dict[str, tuple[Any, ...]] = {
    "functions": ([],),
    "function_call": ("none", "auto"),
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
    "function_call": (),
    "audio": (),
    "refusal": (),
}
IGNORED_IN_MESSAGE = frozenset({"tool_call_id", "annotations", "reasoning_content"})
"""What clients send back of an earlier answer; ``reasoning_content`` is never shown to the model again."""


def _as_parts(value: Any) -> Any:
    """A string stands for one text part."""
    if not isinstance(value, (str, list)):
        raise ValueError("must be a string or a list of text parts")
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


class TextPart(Wire):
    type: Literal["text"]
    text: str


class ChatMessage(Wire):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[list[TextPart], BeforeValidator(_as_parts)]
    tool_calls: list[CalledTool] = []

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.content)


class ChatRequest(SamplingFields):
    """What is left of the body once harmless fields are taken out and unsupported ones refused."""

    messages: list[ChatMessage] = Field(min_length=1)
    max_tokens: int | None = Field(default=None, ge=1, le=INT32_MAX)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=INT32_MAX)
    logprobs: bool = False
    top_logprobs: int = Field(default=0, ge=0, le=MAX_RIVALS)
    tools: list[ToolWire] = []
    tool_choice: str | NamedTool | None = None
    parallel_tool_calls: bool = True
    response_format: FormatWire | None = None
    recall: bool = True
    """Ours: look into memory before answering."""


@dataclass(frozen=True)
class ChatCall:
    """One parsed chat completion; see ``openai.Call``."""

    turns: tuple[TurnRequest, ...]
    stream: bool
    include_usage: bool
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, results: Sequence[TurnResult]) -> dict[str, Any]:
        return {
            **self._head("chat.completion"),
            "system_fingerprint": openai.fingerprint(results[0]),
            "choices": [self._choice(index, result) for index, result in enumerate(results)],
            "usage": openai.usage(results, len(results)),
            "a3x": openai.own(results[0]),
        }

    def opening(self) -> list[dict[str, Any]]:
        """The roles, no text yet."""
        return [self._chunk(index, {"role": "assistant", "content": ""}) for index in range(len(self.turns))]

    def piece(self, index: int, piece: Piece) -> dict[str, Any]:
        delta = {"reasoning_content" if piece.reasoning else "content": piece.text}
        return self._chunk(index, delta, logprobs=self._logprobs(index, piece.tokens))

    def ending(self, index: int, result: TurnResult) -> list[dict[str, Any]]:
        chunks = [self._chunk(index, delta) for delta in openai_tools.call_deltas(result)]
        last = self._chunk(index, {}, openai.finish(result))
        return [*chunks, {**last, "system_fingerprint": openai.fingerprint(result), "a3x": openai.own(result)}]

    def closing(self, results: Sequence[TurnResult]) -> list[dict[str, Any]]:
        if not self.include_usage:
            return []
        used = openai.usage(results, len(results))
        return [{**self._head("chat.completion.chunk"), "choices": [], "usage": used}]

    def _choice(self, index: int, result: TurnResult) -> dict[str, Any]:
        done = result.completion
        message: dict[str, Any] = {"role": "assistant", "content": done.text, "refusal": None}
        if done.reasoning:
            message["reasoning_content"] = done.reasoning
        if result.calls:
            message |= {"content": done.text or None, "tool_calls": openai_tools.calls(result)}
        choice = {
            "index": index,
            "message": message,
            "logprobs": self._logprobs(index, done.tokens),
            "finish_reason": openai.finish(result),
        }
        return choice if len(self.turns) == 1 else {**choice, "a3x": openai.own(result)}

    def _logprobs(self, index: int, tokens: Sequence[TokenLogprob]) -> dict[str, Any] | None:
        if self.turns[index].top_logprobs is None:
            return None
        content = [{**_token(token), "top_logprobs": [_token(rival) for rival in token.top]} for token in tokens]
        return {"content": content, "refusal": None}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.turns[0].model}

    def _chunk(
        self, index: int, delta: dict[str, Any], finish: str | None = None, logprobs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        chunk = {**self._head("chat.completion.chunk"), "choices": [choice]}
        return {**chunk, "usage": None} if self.include_usage else chunk


def parse(data: bytes, session: str = "", learn: bool = True) -> ChatCall:
    """Body of a chat completion → ChatCall. Raises BadRequest or Unsupported naming the field."""
    fields = openai.screen(body.parse_json(data), IGNORED, REFUSED)
    raw = fields.get("messages")
    if isinstance(raw, list):
        fields["messages"] = [_screen_message(message, index) for index, message in enumerate(raw)]
    wire = body.validate(ChatRequest, fields)
    openai.check_streaming(fields, wire)
    _check_last(wire.messages)
    if wire.top_logprobs and not wire.logprobs:
        raise BadRequest("top_logprobs is only allowed with logprobs: true", param="top_logprobs")
    messages = tuple(
        Message(_role(message.role), _content(message, index)) for index, message in enumerate(wire.messages)
    )
    wished = openai_tools.wishes(wire.tools, wire.tool_choice, wire.parallel_tool_calls, wire.response_format)
    turns = tuple(_turn(wire, messages, wished, session, learn, choice) for choice in range(wire.n))
    return ChatCall(turns, wire.stream, wire.stream_options.include_usage)


def _turn(
    wire: ChatRequest, messages: tuple[Message, ...], wished: Wishes, session: str, learn: bool, choice: int
) -> TurnRequest:
    return TurnRequest(
        messages=messages,
        model=wire.model,
        sampling=wire.sampling(_max_tokens(wire), choice),
        session=session,
        learn=learn,
        wishes=wished,
        top_logprobs=wire.top_logprobs if wire.logprobs else None,
        choice=choice,
        recall=wire.recall,
        streamed=wire.stream,
    )


def _check_last(messages: Sequence[ChatMessage]) -> None:
    last = messages[-1]
    if last.role not in ("user", "tool"):
        raise BadRequest("the last message must be from user or tool", param="messages")
    if last.role == "user" and not any(part.text.strip() for part in last.content):
        where = f"messages[{len(messages) - 1}].content"
        raise BadRequest("the last message is empty: there is nothing to answer", param=where)


def _screen_message(message: Any, index: int) -> Any:
    if not isinstance(message, dict):
        return message
    prefix = f"messages[{index}]."
    ignored = IGNORED_IN_MESSAGE | {"name"} if message.get("role") == "tool" else IGNORED_IN_MESSAGE
    refused = {name: neutral for name, neutral in REFUSED_IN_MESSAGE.items() if name not in ignored}
    kept = openai.screen(message, ignored, refused, prefix)
    parts = kept.get("content")
    for number, part in enumerate(parts if isinstance(parts, list) else []):
        if isinstance(part, dict) and isinstance(part.get("type"), str) and part["type"] != "text":
            where = f"{prefix}content[{number}].type"
            raise Unsupported(f"{where}: content of type {part['type']!r} is not supported, only text", param=where)
    if kept.get("role") == "assistant" and parts is None:
        kept["content"] = ""
    return kept


def _content(message: ChatMessage, index: int) -> str:
    """A message's text, an assistant's calls as the model wrote them."""
    if not message.tool_calls:
        return message.text
    where = f"messages[{index}].tool_calls"
    if message.role != "assistant":
        raise BadRequest(f"{where}: only an assistant calls tools", param=where)
    return message.text + openai_tools.past_calls(message.tool_calls, where)


def _role(role: str) -> Role:
    """OpenAI renamed system to developer for some models; a chat template knows only the former."""
    return "system" if role == "developer" else role  # type: ignore[return-value]


def _max_tokens(wire: ChatRequest) -> int | None:
    limits = {limit for limit in (wire.max_tokens, wire.max_completion_tokens) if limit is not None}
    if len(limits) > 1:
        raise BadRequest("max_tokens and max_completion_tokens differ; send one of them", param="max_tokens")
    return limits.pop() if limits else None


def _token(token: TokenLogprob) -> dict[str, Any]:
    return {"token": openai.token_text(token), "logprob": token.logprob, "bytes": list(token.data)}
