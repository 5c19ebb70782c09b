"""One chat answer as an ASGI response, whole or as server-sent events. Knows the agent's protocol, not what it does.

The turn runs in a task of its own beside a watch on the client: who hangs up cancels the turn, also during a long
prefill and also when nothing is streamed. Nothing is sent before the agent's first item, so that an error which comes
before it still has an HTTP status.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from a3x.agent.turn import TurnResult
from a3x.errors import A3XError, EngineFailure, NotReady
from a3x.http import errors, openai
from a3x.http.openai import ChatCall
from a3x.http.services import Answering
from a3x.types import Piece

Items = AsyncGenerator[Piece | TurnResult, None]

STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
DONE = b"data: [DONE]\n\n"
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class ChatAnswer(Response):
    """Asks the agent when called, and answers."""

    def __init__(self, agent: Answering, call: ChatCall) -> None:
        self.agent = agent
        self.call = call
        self.started = False
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        work = asyncio.create_task(self._answer(scope, receive, send))
        gone = asyncio.create_task(_hung_up(receive))
        stopping = False
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # the daemon stops and waits no longer; the client deserves to hear it
            stopping = True
        work.cancel()
        gone.cancel()
        await asyncio.wait({work, gone})
        if not work.cancelled():
            work.result()
        elif stopping:
            await self._cut_off(scope, receive, send)

    async def _cut_off(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = NotReady("the daemon is stopping; this answer was cut off")
        if self.started:
            await _send(send, _event(errors.describe(error)[1]), more=False)
        else:
            await errors.response(error)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(self.agent.turn(self.call.turn)) as items:
                first = await anext(items, None)
                if self.call.stream and first is not None:
                    await self._stream(first, items, send)
                    return
                answer = JSONResponse(openai.completion(self.call, await _result(first, items)))
        except A3XError as error:
            answer = errors.response(error)
        await answer(scope, receive, send)

    async def _stream(self, first: Piece | TurnResult, items: Items, send: Send) -> None:
        """Headers, chunks, then either the last chunk and ``[DONE]`` or one error line."""
        self.started = True
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        await _send(send, _event(openai.first_chunk(self.call)))
        try:
            result = await self._pieces(first, items, send)
        except Exception as error:  # the status line is gone, so every error must become an event
            await _send(send, _event(errors.describe(error)[1]), more=False)
            return
        await _send(send, _event(openai.last_chunk(self.call, result)))
        if self.call.include_usage:
            await _send(send, _event(openai.usage_chunk(self.call, result)))
        await _send(send, DONE, more=False)

    async def _pieces(self, first: Piece | TurnResult, items: Items, send: Send) -> TurnResult:
        frames = {reasoning: PieceFrame(self.call, reasoning) for reasoning in (False, True)}
        item = first
        while isinstance(item, Piece):
            if item.text:
                await _send(send, frames[item.reasoning].event(item.text))
            item = await anext(items, None)
        return _checked(item)


class PieceFrame:
    """The event of a piece, of which only the text changes from token to token: what stands around it is written once."""

    def __init__(self, call: ChatCall, reasoning: bool) -> None:
        mark = uuid.uuid4().hex
        whole = _event(openai.piece_chunk(call, Piece(mark, reasoning)))
        self._before, _, self._after = whole.partition(_json(mark))

    def event(self, text: str) -> bytes:
        return self._before + _json(text) + self._after


async def _result(first: Piece | TurnResult | None, items: Items) -> TurnResult:
    """Drain a turn; its last item is the result."""
    item = first
    async for later in items:
        item = later
    return _checked(item)


def _checked(item: Piece | TurnResult | None) -> TurnResult:
    if not isinstance(item, TurnResult):
        raise EngineFailure("the agent ended without a result")
    return item


async def _hung_up(receive: Receive) -> None:
    """Returns when the client is gone; the body has been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + _json(value) + b"\n\n"


def _json(value: Any) -> bytes:
    return ENCODER.encode(value).encode()


async def _send(send: Send, data: bytes, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})
