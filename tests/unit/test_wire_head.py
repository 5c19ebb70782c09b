"""How much a client may send before a request's body: uvicorn on httptools sets no limit, we do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from a3x.http.wire import MOST_HEAD_BYTES, TOO_LARGE, Protocol
from tests.unit.test_wire import NotedTransport, turns

SMALL_HEAD = b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n"


class PausableTransport(NotedTransport):
    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body and tells its size."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


def told(parts: Iterator[bytes], protocol: Callable[..., Any] = Protocol) -> bytes:
    """What a connection answers to what comes in ``parts``."""

    async def play() -> bytes:
        config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
        connection = protocol(config, ServerState(), {})
        noted = PausableTransport()
        connection.connection_made(noted)
        for part in parts:
            if noted.is_closing():
                break
            connection.data_received(part)
            await turns(8)
        connection.connection_lost(None)
        await turns(8)
        return b"".join(noted.written)

    return asyncio.run(play())


def endless_headers() -> Iterator[bytes]:
    yield b"GET /x HTTP/1.1\r\nhost: a\r\n"
    for number in range(10_000):
        yield b"x-%d: %s\r\n" % (number, b"y" * 1000)
    yield b"\r\n"


def one_endless_header() -> Iterator[bytes]:
    yield b"GET /x HTTP/1.1\r\nx: "
    for _ in range(10_000):
        yield b"y" * 1000


def one_endless_line() -> Iterator[bytes]:
    yield b"GET /"
    for _ in range(10_000):
        yield b"y" * 1000


@pytest.mark.parametrize("parts", [endless_headers, one_endless_header, one_endless_line])
def test_a_head_without_end_is_refused_early(parts: Callable[[], Iterator[bytes]]) -> None:
    left = parts()
    assert told(left) == TOO_LARGE
    assert sum(map(len, left)) > 8_000_000


def test_uvicorn_alone_would_take_it() -> None:
    """Negative control."""
    assert b" 200 " in told(endless_headers(), HttpToolsProtocol)


@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 18])
def test_the_body_and_the_next_request_are_not_counted(step: int) -> None:
    body = b"z" * (3 * MOST_HEAD_BYTES if step > 7 else 300)
    whole = (SMALL_HEAD % len(body) + body) * 3
    answered = told(whole[at : at + step] for at in range(0, len(whole), step))
    assert answered.count(b" 200 ") == 3
    assert answered.count(b"%d" % len(body)) == 3


def test_a_large_request_in_one_part_is_no_large_head() -> None:
    body = b"z" * (2 * MOST_HEAD_BYTES)
    answered = told(iter([SMALL_HEAD % len(body) + body] * 3))
    assert answered.count(b"%d" % len(body)) == 3


def test_many_small_requests_are_no_large_head() -> None:
    one = SMALL_HEAD % 0
    answered = told(one for _ in range(2 * MOST_HEAD_BYTES // len(one)))
    assert answered.count(b" 200 ") == 2 * MOST_HEAD_BYTES // len(one)
