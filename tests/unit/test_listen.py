"""The listening socket: asyncio sets TCP_NODELAY on its connections only if it says that it is TCP."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from a3x.config import Server
from a3x.daemon import listen


def nodelay(listener: socket.socket) -> bool:
    """Whether a connection accepted from ``listener`` sends small writes at once."""

    async def body() -> bool:
        seen: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            seen.set_result(bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        server = await asyncio.start_server(accepted, sock=listener)
        async with server:
            with contextlib.closing(socket.create_connection(listener.getsockname()[:2])):
                return await seen

    return asyncio.run(body())


def test_small_writes_are_sent_at_once() -> None:
    with listen(Server(port=0)) as listener:
        assert nodelay(listener)


def test_a_socket_that_does_not_say_tcp_is_seen() -> None:
    """Negative control."""
    with contextlib.closing(socket.socket(socket.AF_INET)) as plain:
        plain.bind(("127.0.0.1", 0))
        plain.listen()
        assert not nodelay(plain)
