"""OpenAI's embeddings on the wire, both ways. Knows what an embedder gives; reads no socket, embeds nothing."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Literal

import pydantic_core
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from a3x.engine.embedding import Embedded, EmbedderInfo, EmbedInput
from a3x.errors import BadRequest, UnknownModel, Unsupported
from a3x.http import body

MODEL = "a3x:embedder"
"""The one name; which embedder it stands for is in every answer, by its hash."""

MAX_INPUTS = 2048
IGNORED = frozenset({"user"})

TokenId = int


class EmbeddingsRequest(BaseModel):
    """The body without its harmless fields."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    model: str = Field(min_length=1, max_length=256)
    input: str | list[TokenId] | list[str] | list[list[TokenId]]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(default=None, ge=1)


@dataclass(frozen=True)
class EmbeddingsCall:
    """One parsed request."""

    inputs: tuple[EmbedInput, ...]
    base64: bool
    dimensions: int | None


def parse(data: bytes) -> EmbeddingsCall:
    """Body of an embeddings request → call. BadRequest naming the field, UnknownModel."""
    fields = {name: value for name, value in body.parse_json(data).items() if name not in IGNORED and value is not None}
    given = fields.get("input")
    if not isinstance(given, (str, list)):
        raise BadRequest("field 'input': a string, a list of strings, token ids, or lists of token ids", param="input")
    if isinstance(given, list) and len({type(each) for each in given}) > 1:
        raise BadRequest("field 'input': strings, token ids and lists of token ids do not mix", param="input")
    wire = body.validate(EmbeddingsRequest, fields)
    if wire.model != MODEL:
        raise UnknownModel(f"unknown model {wire.model!r}: the one that embeds is {MODEL!r}", param="model")
    inputs = _inputs(wire.input)
    if not inputs:
        raise BadRequest("field 'input': nothing to embed", param="input")
    if len(inputs) > MAX_INPUTS:
        raise BadRequest(f"field 'input': {len(inputs)} inputs; at most {MAX_INPUTS} in a request", param="input")
    return EmbeddingsCall(inputs, wire.encoding_format == "base64", wire.dimensions)


def _inputs(given: Any) -> tuple[EmbedInput, ...]:
    """A string or one list of token ids is a single input."""
    if isinstance(given, str) or (given and isinstance(given[0], int)):
        return (given,)
    return tuple(given)


def check_dimensions(call: EmbeddingsCall, made_by: EmbedderInfo) -> None:
    """Unsupported if vectors of another length are asked for: cutting them is only right for embedders trained for it."""
    if call.dimensions not in (None, made_by.dimensions):
        raise Unsupported(
            f"field 'dimensions': {made_by.name} gives {made_by.dimensions} numbers a text and cannot be shortened",
            param="dimensions",
        )


def answer(call: EmbeddingsCall, embedded: Embedded) -> bytes:
    """The JSON of an answer. Takes a while for thousands of texts: not for the event loop."""
    shown = [_base64(row) if call.base64 else row.tolist() for row in embedded.vectors]
    tokens = sum(embedded.tokens)
    made_by = embedded.made_by
    value = {
        "object": "list",
        "data": [{"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(shown)],
        "model": MODEL,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        "a3x": {"embedder": made_by.name, "embedder_sha256": made_by.sha256},
    }
    return pydantic_core.to_json(value)


def _base64(row: NDArray) -> str:
    """Little-endian float32, as OpenAI sends it."""
    return base64.b64encode(row.astype("<f4").tobytes()).decode("ascii")
