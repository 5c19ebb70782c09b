"""One completion, of one choice or several, as an ASGI response, whole or as server-sent events.

Knows the agent's protocol, not what it does.

The turns run in a task of its own beside a watch on the client: who hangs up cancels them, also during a long
prefill and also when nothing is streamed. Nothing is sent before the agent's first item, so that an error which comes
before it still has an HTTP status.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from a3x.agent.turn import TurnResult
from a3x.errors import A3XError, EngineFailure, NotReady
from a3x.http import errors
from a3x.http.fan import Item, merged
from a3x.http.openai import Call
from a3x.http.services import Answering
from a3x.types import Piece

Items = AsyncGenerator[Item, None]

STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
DONE = b"data: [DONE]\n\n"
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Answer(Response):
    """Asks the agent when called, and answers."""

    def __init__(self, agent: Answering, call: Call) -> None:
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
            async with aclosing(merged(self.agent, self.call.turns)) as items:
                first = await anext(items, None)
                if self.call.stream and first is not None:
                    await self._stream(first, items, send)
                    return
                answer = JSONResponse(self.call.whole(await self._results(first, items)))
        except A3XError as error:
            answer = errors.response(error)
        await answer(scope, receive, send)

    async def _stream(self, first: Item, items: Items, send: Send) -> None:
        """Headers, chunks, then either what closes them and ``[DONE]`` or one error line."""
        self.started = True
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        await _send_all(send, self.call.opening())
        try:
            results = await self._results(first, items, send)
        except Exception as error:  # the status line is gone, so every error must become an event
            await _send(send, _event(errors.describe(error)[1]), more=False)
            return
        await _send_all(send, self.call.closing(results))
        await _send(send, DONE, more=False)

    async def _results(self, first: Item | None, items: Items, send: Send | None = None) -> list[TurnResult]:
        """Every turn's result in their order; what comes before is sent, if there is whom to ``send`` it."""
        found: dict[int, TurnResult] = {}
        frames: dict[tuple[int, bool], PieceFrame] = {}
        entry = first
        while entry is not None:
            index, item = entry
            if isinstance(item, TurnResult):
                found[index] = item
                await _send_all(send, self.call.ending(index, item) if send else ())
            elif send and (item.text or item.tokens):
                await _send(send, self._piece(index, item, frames))
            entry = await anext(items, None)
        if len(found) < len(self.call.turns):
            raise EngineFailure("the agent ended without a result")
        return [found[index] for index in range(len(found))]

    def _piece(self, index: int, piece: Piece, frames: dict[tuple[int, bool], PieceFrame]) -> bytes:
        """One event; where log-probabilities are asked for, each is written anew."""
        if piece.tokens:
            return _event(self.call.piece(index, piece))
        key = (index, piece.reasoning)
        if key not in frames:
            frames[key] = PieceFrame(self.call, *key)
        return frames[key].event(piece.text)


class PieceFrame:
    """The event of a piece, of which only the text changes from token to token: what stands around it is written once."""

    def __init__(self, call: Call, index: int, reasoning: bool) -> None:
        mark = uuid.uuid4().hex
        whole = _event(call.piece(index, Piece(mark, reasoning)))
        self._before, _, self._after = whole.partition(_json(mark))

    def event(self, text: str) -> bytes:
        return self._before + _json(text) + self._after


async def _hung_up(receive: Receive) -> None:
    """Returns when the client is gone; the body has been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + _json(value) + b"\n\n"


def _json(value: Any) -> bytes:
    return ENCODER.encode(value).encode()


async def _send_all(send: Send | None, chunks: Sequence[dict[str, Any]]) -> None:
    for chunk in chunks:
        assert send is not None
        await _send(send, _event(chunk))


async def _send(send: Send, data: bytes, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})
