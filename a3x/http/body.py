"""Request bodies and headers as values: size limit, JSON, model checking. Knows no route."""

from __future__ import annotations

from typing import Any, TypeVar

import pydantic_core
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from a3x.errors import BadRequest
from a3x.http.errors import BodyTooLarge

SESSION_LIMIT = 128

Model = TypeVar("Model", bound=BaseModel)


async def read(request: Request, limit: int) -> bytes:
    """The body, at most ``limit`` bytes. Raises BodyTooLarge as soon as the excess is known."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise BodyTooLarge(f"the body has {declared} bytes; the limit is {limit}")
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise BodyTooLarge(f"the body has more than {limit} bytes, which is the limit")
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise BadRequest("the body ended early") from error
    return b"".join(chunks)


def parse_json(data: bytes) -> dict[str, Any]:
    """A JSON object. Raises BadRequest for bad UTF-8, lone surrogates, NaN, too deep nesting and anything not JSON."""
    try:
        value = pydantic_core.from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise BadRequest(f"the body is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadRequest("the body must be a JSON object")
    return value


def validate(model: type[Model], value: dict[str, Any]) -> Model:
    """Check a value against a wire model. Raises BadRequest naming the first offending field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = path(first["loc"])
        if first["type"] == "extra_forbidden":
            raise BadRequest(f"unknown field {field!r}", param=field) from error
        raise BadRequest(f"field {field!r}: {first['msg'].removeprefix('Value error, ')}", param=field) from error


def path(loc: tuple[str | int, ...]) -> str:
    """``messages[0].role`` of pydantic's location."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".")


def integer(request: Request, name: str, default: int | None, low: int, high: int) -> int | None:
    """A query parameter in ``low..high``. Raises BadRequest."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise BadRequest(f"query parameter {name!r} must be an integer from {low} to {high}", param=name)
    return int(text)


def session(request: Request) -> str:
    """``X-A3X-Session``, "" when absent. Raises BadRequest."""
    value = request.headers.get("x-a3x-session")
    if value is None:
        return ""
    if not 1 <= len(value) <= SESSION_LIMIT or not value.isascii() or not value.isprintable():
        raise BadRequest(f"header X-A3X-Session must be 1 to {SESSION_LIMIT} printable ASCII characters")
    return value


def learn(request: Request) -> bool:
    """``X-A3X-Learn``: on by default. Raises BadRequest."""
    value = request.headers.get("x-a3x-learn", "on").strip().lower()
    if value not in ("on", "off"):
        raise BadRequest("header X-A3X-Learn must be on or off")
    return value == "on"
