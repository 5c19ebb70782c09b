"""The one table from error class to HTTP status, and the OpenAI error shape. Knows no route."""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from a3x import errors

RETRY_AFTER_S = 1


class BodyTooLarge(errors.BadRequest): ...


class WrongToken(errors.Forbidden): ...


TABLE: dict[type[errors.A3XError], tuple[int, str, str]] = {
    errors.BadRequest: (400, "invalid_request_error", "bad_request"),
    errors.UnknownModel: (404, "invalid_request_error", "model_not_found"),
    errors.Unsupported: (400, "invalid_request_error", "unsupported"),
    errors.PromptTooLong: (400, "invalid_request_error", "context_length_exceeded"),
    BodyTooLarge: (413, "invalid_request_error", "body_too_large"),
    errors.NotFound: (404, "invalid_request_error", "not_found"),
    errors.Conflict: (409, "invalid_request_error", "conflict"),
    errors.Forbidden: (403, "permission_error", "forbidden"),
    WrongToken: (401, "authentication_error", "invalid_api_key"),
    errors.ForeignFile: (400, "invalid_request_error", "foreign_file"),
    errors.NotReady: (503, "server_error", "not_ready"),
    errors.Overloaded: (429, "rate_limit_error", "overloaded"),
    errors.StorageFull: (507, "server_error", "storage_full"),
    errors.SandboxUnavailable: (503, "server_error", "sandbox_unavailable"),
    errors.EngineFailure: (500, "server_error", "engine_failure"),
    errors.ConfigError: (500, "server_error", "config_error"),
    errors.NotImplementedHere: (501, "not_implemented", "not_implemented"),
    errors.A3XError: (500, "server_error", "internal_error"),
}
"""class → (status, type, code); a subclass that is not listed takes the row of its nearest ancestor."""


def row(error: errors.A3XError) -> tuple[int, str, str]:
    """Status, type and code of an error."""
    return next(TABLE[cls] for cls in type(error).__mro__ if cls in TABLE)


def body(message: str, kind: str, code: str, param: str | None = None) -> dict[str, Any]:
    """The error object that OpenAI clients parse."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def describe(error: Exception) -> tuple[int, dict[str, Any]]:
    """Status and body of any error; one that nobody raised on purpose is logged, and told as the id of its log line."""
    if isinstance(error, errors.A3XError):
        status, kind, code = row(error)
        return status, body(error.message, kind, code, error.param)
    error_id = uuid.uuid4().hex[:12]
    structlog.get_logger("a3x.http").error("unexpected error", error_id=error_id, exc_info=error)
    return 500, body(f"internal error {error_id}; the daemon's log has the details", "server_error", "internal_error")


def response(error: Exception) -> JSONResponse:
    """The whole HTTP answer to an error."""
    status, content = describe(error)
    headers = {}
    if isinstance(error, (errors.Overloaded, errors.NotReady)):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(error, WrongToken):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(content, status, headers)


async def on_known(request: Request, error: Exception) -> JSONResponse:
    """Starlette's handler for the error tree."""
    return response(error)


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """Starlette's own 404 and 405, in our shape."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
    message = f"{request.method} {request.url.path}: {error.detail}"
    return JSONResponse(body(message, "invalid_request_error", code), error.status_code, error.headers)


class CatchAll:
    """Turns what no handler knew into a logged 500. It is the supervisor of a request, so its ``except`` is broad."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            answer = response(error)
            if started:
                raise
            await answer(scope, receive, send)
