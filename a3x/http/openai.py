"""What chat and plain completions share of OpenAI's wire: screening, sampling fields, usage, log-probabilities, ``a3x``.

A field that would change the answer and is not supported is refused by name, never ignored. ``temperature`` defaults
to 0, not to OpenAI's 1: a small model is at its best greedy, and repeating a question then repeats the answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from a3x.agent.turn import TurnRequest, TurnResult
from a3x.errors import BadRequest, Unsupported
from a3x.memory.recall import Source
from a3x.types import Piece, Sampling, TokenLogprob

MAX_STOPS = 16
MAX_STOP_CHARACTERS = 1024
MAX_CHOICES = 16
MAX_RIVALS = 20
MAX_BIASES = 1024
INT32_MAX = 2**31 - 1


class Call(Protocol):
    """One parsed request: the turns to ask for and how their answers are to be written, whole or as chunks."""

    @property
    def turns(self) -> tuple[TurnRequest, ...]: ...

    @property
    def stream(self) -> bool: ...

    def whole(self, results: Sequence[TurnResult]) -> dict[str, Any]:
        """The answer when nothing is streamed."""
        ...

    def opening(self) -> list[dict[str, Any]]:
        """Chunks before any text."""
        ...

    def piece(self, index: int, piece: Piece) -> dict[str, Any]: ...

    def ending(self, index: int, result: TurnResult) -> list[dict[str, Any]]:
        """Chunks that end one choice; the last one has its ``a3x`` object."""
        ...

    def closing(self, results: Sequence[TurnResult]) -> list[dict[str, Any]]:
        """Chunks after all choices."""
        ...


class Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _as_list(value: Any) -> Any:
    """One stop string stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _as_biases(value: Any) -> Any:
    """JSON has text keys only; they are token ids."""
    if not isinstance(value, dict):
        raise ValueError("must be an object of token ids and numbers")
    bad = [key for key in value if not (key.isascii() and key.isdigit() and len(key) < 10)]
    if bad:
        raise ValueError(f"{bad[0]!r} is no token id")
    return {int(key): bias for key, bias in value.items()}


Stop = Annotated[str, Field(min_length=1, max_length=MAX_STOP_CHARACTERS)]
Breaker = Annotated[str, Field(min_length=1, max_length=20)]
"""llama.cpp cuts one off at 40 bytes."""
Bias = Annotated[float, Field(ge=-100, le=100)]


class StreamOptions(Wire):
    include_usage: bool = False
    include_obfuscation: bool = False


class SamplingFields(Wire):
    """The fields of both kinds of completion. Biases and penalties see generated tokens only."""

    model: str = Field(min_length=1, max_length=256)
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    n: int = Field(default=1, ge=1, le=MAX_CHOICES)
    temperature: float = Field(default=0.0, ge=0, le=2)
    top_p: float = Field(default=1.0, ge=0, le=1)
    top_k: int = Field(default=0, ge=0, le=INT32_MAX)
    min_p: float = Field(default=0.0, ge=0, le=1)
    repetition_penalty: float = Field(default=1.0, gt=0, le=10)
    presence_penalty: float = Field(default=0.0, ge=-2, le=2)
    frequency_penalty: float = Field(default=0.0, ge=-2, le=2)
    dry_multiplier: float = Field(default=0.0, ge=0, le=100)
    dry_base: float = Field(default=1.75, ge=1, le=10)
    dry_allowed_length: int = Field(default=2, ge=0, le=1024)
    dry_sequence_breakers: list[Breaker] = Field(list(Sampling.dry_breakers), max_length=16)
    logit_bias: Annotated[dict[int, Bias], BeforeValidator(_as_biases)] = Field({}, max_length=MAX_BIASES)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    stop: Annotated[list[Stop], BeforeValidator(_as_list)] = Field([], max_length=MAX_STOPS)

    def sampling(self, max_tokens: int | None, choice: int) -> Sampling:
        """How the choice of that number is drawn: each has a seed of its own."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            min_p=self.min_p,
            seed=None if self.seed is None else self.seed + choice,
            max_tokens=max_tokens,
            stop=tuple(self.stop),
            repetition_penalty=self.repetition_penalty,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
            dry_multiplier=self.dry_multiplier,
            dry_base=self.dry_base,
            dry_allowed_length=self.dry_allowed_length,
            dry_breakers=tuple(self.dry_sequence_breakers),
            logit_bias=tuple(sorted(self.logit_bias.items())),
        )


def screen(
    fields: dict[str, Any], ignored: frozenset[str], refused: dict[str, tuple[Any, ...]], prefix: str = ""
) -> dict[str, Any]:
    """Drop nulls and harmless fields. Raises Unsupported for one that asks for something we cannot do."""
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        if name in refused:
            if value is not None and not any(_same(value, neutral) for neutral in refused[name]):
                raise Unsupported(f"field {prefix + name!r} is not supported; leave it out", param=prefix + name)
        elif name not in ignored and (value is not None or name in ("model", "messages", "prompt", "role", "content")):
            kept[name] = value
    return kept


def check_streaming(fields: dict[str, Any], wire: SamplingFields) -> None:
    """Raises BadRequest for stream_options without a stream."""
    if "stream_options" in fields and not wire.stream:
        raise BadRequest("stream_options is only allowed with stream: true", param="stream_options")


def _same(value: Any, neutral: Any) -> bool:
    """Equality as JSON sees it: ``false`` is not ``0``."""
    return value == neutral and isinstance(value, bool) == isinstance(neutral, bool)


# --- answers ---------------------------------------------------------------------------------------------------------


def finish(result: TurnResult) -> str:
    """OpenAI has no word for an answer cut off by a stopping daemon; ``length`` at least says it is not whole."""
    if result.calls:
        return "tool_calls"
    return "stop" if result.completion.finish_reason == "stop" else "length"


def fingerprint(result: TurnResult) -> str:
    return f"{result.mix.key}-{result.completion.model_sha256[:16]}"


def usage(results: Sequence[TurnResult], choices: int) -> dict[str, Any]:
    """Prompts are counted once, however many ``choices`` each was answered with."""
    done = [result.completion for result in results]
    prompt = sum(each.prompt_tokens for each in done[::choices])
    completion = sum(each.completion_tokens for each in done)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": sum(each.cached_tokens for each in done[::choices])},
    }


def own(result: TurnResult) -> dict[str, Any]:
    """The ``a3x`` object."""
    return {
        "experience_id": result.experience_id,
        "made_by": "engine",
        "mix": result.mix.describe(),
        "model_sha256": result.completion.model_sha256,
        "sources": [_source(source) for source in result.sources],
        "critique": result.verdict,
        "confidence": round(math.exp(result.completion.stats.mean_logprob), 6),
        "recorded": result.recorded,
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "experience_id": source.experience_id,
        "score": source.score,
        "why": source.why,
        "text": source.text,
    }


def token_text(token: TokenLogprob) -> str:
    """What a token writes; half a character is a replacement character, ``bytes`` has the truth."""
    return token.data.decode("utf-8", "replace")
