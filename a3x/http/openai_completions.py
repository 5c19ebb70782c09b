"""OpenAI's plain completions on the wire: raw prompts continued, and scored for evaluation harnesses. Reads no socket."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from pydantic import Field

from a3x.agent.turn import TurnRequest, TurnResult
from a3x.errors import BadRequest
from a3x.http import body, openai
from a3x.http.openai import INT32_MAX, MAX_RIVALS, SamplingFields
from a3x.types import Piece, RawPrompt, TokenLogprob

DEFAULT_MAX_TOKENS = 16
"""OpenAI's."""
MAX_PROMPTS = 64
MAX_ANSWERS = 128
"""Prompts times choices."""

IGNORED = frozenset({"user", "metadata", "store"})
REFUSED: dict[str, tuple[Any, ...]] = {"best_of": (1,), "suffix": ("",)}


class CompletionRequest(SamplingFields):
    """What is left of the body once harmless fields are taken out and unsupported ones refused."""

    prompt: str | list[str] | list[int] | list[list[int]]
    max_tokens: int = Field(default=DEFAULT_MAX_TOKENS, ge=0, le=INT32_MAX)
    echo: bool = False
    logprobs: int | None = Field(default=None, ge=0, le=MAX_RIVALS)


@dataclass(frozen=True)
class CompletionCall:
    """One parsed plain completion; see ``openai.Call``. Choices of one prompt stand side by side."""

    turns: tuple[TurnRequest, ...]
    choices: int
    stream: bool
    include_usage: bool
    id: str = field(default_factory=lambda: f"cmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))
    streamed: dict[int, int] = field(default_factory=dict)
    """Characters of each choice that have been streamed: offsets go on where the last chunk ended."""

    def whole(self, results: Sequence[TurnResult]) -> dict[str, Any]:
        return {
            **self._head(),
            "system_fingerprint": openai.fingerprint(results[0]),
            "choices": [self._whole_choice(index, result) for index, result in enumerate(results)],
            "usage": openai.usage(results, self.choices),
            "a3x": openai.own(results[0]),
        }

    def opening(self) -> list[dict[str, Any]]:
        return []

    def piece(self, index: int, piece: Piece) -> dict[str, Any]:
        chunk = self._chunk(self._choice(index, piece.text, piece.tokens, None))
        self.streamed[index] = self.streamed.get(index, 0) + sum(
            len(openai.token_text(token)) for token in piece.tokens
        )
        return chunk

    def ending(self, index: int, result: TurnResult) -> list[dict[str, Any]]:
        last = self._chunk(self._choice(index, "", (), openai.finish(result)))
        return [{**last, "system_fingerprint": openai.fingerprint(result), "a3x": openai.own(result)}]

    def closing(self, results: Sequence[TurnResult]) -> list[dict[str, Any]]:
        if not self.include_usage:
            return []
        return [{**self._head(), "choices": [], "usage": openai.usage(results, self.choices)}]

    def _whole_choice(self, index: int, result: TurnResult) -> dict[str, Any]:
        echoed = result.echoed or Piece("")
        text, tokens = echoed.text + result.completion.text, (*echoed.tokens, *result.completion.tokens)
        choice = self._choice(index, text, tokens, openai.finish(result))
        return choice if len(self.turns) == 1 else {**choice, "a3x": openai.own(result)}

    def _choice(self, index: int, text: str, tokens: Sequence[TokenLogprob], finish: str | None) -> dict[str, Any]:
        begins = self.streamed.get(index, 0)
        logprobs = None if self.turns[index].top_logprobs is None else _logprobs(tokens, begins)
        return {"index": index, "text": text, "logprobs": logprobs, "finish_reason": finish}

    def _head(self) -> dict[str, Any]:
        return {"id": self.id, "object": "text_completion", "created": self.created, "model": self.turns[0].model}

    def _chunk(self, choice: dict[str, Any]) -> dict[str, Any]:
        chunk = {**self._head(), "choices": [choice]}
        return {**chunk, "usage": None} if self.include_usage else chunk


def parse(data: bytes, session: str = "", learn: bool = True) -> CompletionCall:
    """Body of a plain completion → CompletionCall. Raises BadRequest or Unsupported naming the field."""
    fields = openai.screen(body.parse_json(data), IGNORED, REFUSED)
    raw = fields.get("prompt")
    if not isinstance(raw, (str, list)):
        raise BadRequest("prompt: a string, token ids, or a list of either", param="prompt")
    prompts = _prompts(raw)
    wire = body.validate(CompletionRequest, {**fields, "prompt": ""})
    openai.check_streaming(fields, wire)
    if wire.max_tokens == 0 and not wire.echo:
        raise BadRequest("max_tokens 0 is only allowed with echo: true", param="max_tokens")
    if len(prompts) * wire.n > MAX_ANSWERS:
        raise BadRequest(f"{len(prompts)} prompts × {wire.n} choices; the limit is {MAX_ANSWERS}", param="n")
    turns = tuple(
        TurnRequest(
            messages=(),
            model=wire.model,
            sampling=wire.sampling(wire.max_tokens, choice),
            session=session,
            learn=learn,
            raw=prompt,
            echo=wire.echo,
            top_logprobs=wire.logprobs,
            choice=choice,
        )
        for prompt in prompts
        for choice in range(wire.n)
    )
    return CompletionCall(turns, wire.n, wire.stream, wire.stream_options.include_usage)


def _prompts(raw: str | list[Any]) -> list[RawPrompt]:
    """One prompt or several, each a text or token ids; checked by hand, for a long one has many ids."""
    if isinstance(raw, str):
        return [raw]
    if raw and all(type(token) is int for token in raw):
        return [_ids(raw)]
    if not 0 < len(raw) <= MAX_PROMPTS:
        raise BadRequest(f"prompt: {len(raw)} prompts; from 1 to {MAX_PROMPTS} are allowed", param="prompt")
    found: list[RawPrompt] = []
    for index, prompt in enumerate(raw):
        if isinstance(prompt, list) and prompt and all(type(token) is int for token in prompt):
            found.append(_ids(prompt))
        elif isinstance(prompt, str) and not any(type(other) is not str for other in raw):
            found.append(prompt)
        else:
            raise BadRequest(f"prompt[{index}]: texts or lists of token ids, all alike", param=f"prompt[{index}]")
    return found


def _ids(tokens: list[int]) -> tuple[int, ...]:
    if any(abs(token) > INT32_MAX for token in tokens):
        raise BadRequest("prompt: a token id is out of range", param="prompt")
    return tuple(tokens)


def _logprobs(tokens: Sequence[TokenLogprob], begins: int) -> dict[str, Any]:
    """Of two rivals that write the same text the likelier one is told."""
    texts = [openai.token_text(token) for token in tokens]
    return {
        "tokens": texts,
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [_rivals(token) for token in tokens],
        "text_offset": list(accumulate(map(len, texts[:-1]), initial=begins))[: len(texts)],
    }


def _rivals(token: TokenLogprob) -> dict[str, float] | None:
    if token.logprob is None:
        return None
    found: dict[str, float] = {}
    for rival in token.top:
        if rival.logprob is not None:
            found.setdefault(openai.token_text(rival), rival.logprob)
    found.setdefault(openai.token_text(token), token.logprob)
    return found
