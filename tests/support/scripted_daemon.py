"""The HTTP app over fakes on a real loopback port, in a thread: what the command line sees of a daemon."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from a3x.config import Server
from a3x.daemon import HttpServer, listen, url_of
from a3x.http.address import address_file
from a3x.http.app import build
from tests.support.http_house import FakeServices, StillClock


@contextmanager
def scripted_daemon(home: Path, services: FakeServices, token: str = "") -> Iterator[str]:
    """Serve ``services`` for ``home``; yields the URL."""
    settings = Server(port=0, token=token)
    with listen(settings) as listener:
        url = url_of(settings, listener)
        started = threading.Event()
        stop: list[object] = []

        async def serve() -> None:
            server = HttpServer(build(services, settings, StillClock()))
            loop = asyncio.get_running_loop()
            stop.append(lambda: loop.call_soon_threadsafe(server.stopping.set))
            loop.call_soon(started.set)
            await server.serve([listener])

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        started.wait()
        try:
            with address_file(home, url):
                yield url
        finally:
            stop[0]()  # type: ignore[operator]
            thread.join()
