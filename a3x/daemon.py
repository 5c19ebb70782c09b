"""The daemon process: one a home, one socket, uvicorn on it, signals, systemd. Knows no route and no store.

The socket answers while the model loads (``/readyz`` says 503), and a second daemon or a taken port is found before the
model costs anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
import uvicorn

from a3x.app import App, EngineMaker, build, build_engine
from a3x.config import Server, Settings
from a3x.disk import make_folder
from a3x.errors import ConfigError, Conflict
from a3x.hardware.process import give_memory_back
from a3x.http import app as http_app
from a3x.http.address import address_file, read_address
from a3x.http.guard import WILDCARDS, check_exposure
from a3x.http.wire import Protocol
from a3x.notify import notify, watchdog_s

GRACE_S = 5
GOODBYE_S = 1
KEEP_ALIVE_S = 75
"""How long an idle connection is kept: clients that ask again after a pause should not find it closing."""
LOCK = "daemon.lock"

Say = Callable[[str], None]


async def serve(settings: Settings, say: Say, make_engine: EngineMaker = build_engine) -> None:
    """Serve until SIGTERM or SIGINT. ConfigError, Conflict, or what loading the model raises."""
    check_exposure(settings.server)
    with only_daemon(settings.home), listen(settings.server) as listener:
        app = build(settings, make_engine)
        server = HttpServer(http_app.build(app, settings.server, app.clock))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.on_signal)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            await _live(app, server, url_of(settings.server, listener), say)
        finally:
            notify("STOPPING=1")
            server.stopping.set()
            await serving
            await app.stop()
            say("stopped")


async def _live(app: App, server: HttpServer, url: str, say: Say) -> None:
    """From loading to the signal to stop."""
    clock = app.clock
    started = clock.monotonic()
    say("loading the model …")
    loading = asyncio.create_task(app.start())
    stopping = asyncio.create_task(server.stopping.wait())
    await asyncio.wait({loading, stopping}, return_when=asyncio.FIRST_COMPLETED)
    info = await loading
    if not server.stopping.is_set():
        give_memory_back()
        say(f"ready in {clock.monotonic() - started:.1f} s: {info.name}, {info.parameters / 1e6:.1f} M parameters")
        say(f"address {url}/v1")
        say(
            f"try: curl {url}/v1/chat/completions -H 'Content-Type: application/json' -d "
            '\'{"model": "a3x", "messages": [{"role": "user", "content": "Hello"}]}\''
        )
    with address_file(app.settings.home, url):
        notify("READY=1")
        watchdog = asyncio.create_task(_watchdog())
        await stopping
        watchdog.cancel()


async def _watchdog() -> None:
    """Tell systemd twice per interval that the loop turns; nothing where nobody asks."""
    interval_s = watchdog_s()
    while interval_s:
        notify("WATCHDOG=1")
        await asyncio.sleep(interval_s / 2)


class HttpServer(uvicorn.Server):
    """uvicorn without its ten wake-ups a second and its signal handlers: the daemon waits and listens itself."""

    def __init__(self, app: object, grace_s: int = GRACE_S) -> None:
        super().__init__(
            uvicorn.Config(
                app,  # type: ignore[arg-type]
                http=Protocol,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=grace_s,
                timeout_keep_alive=KEEP_ALIVE_S,
            )
        )
        self.stopping = asyncio.Event()

    def on_signal(self) -> None:
        """Let what runs finish; at the second signal, do not wait for it."""
        self.force_exit = self.stopping.is_set()
        self.stopping.set()

    async def main_loop(self) -> None:
        await self.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn cancels what is left after the grace and goes; what is cancelled still says goodbye and records."""
        await super().shutdown(sockets)
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GOODBYE_S)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


# --- what there is one of --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def only_daemon(home: Path) -> Iterator[None]:
    """Hold the home's lock. Conflict if another daemon does."""
    make_folder(home)
    with (home / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            where = read_address(home)
            other = f" at {where['url']} (pid {where['pid']})" if where else ""
            raise Conflict(f"a daemon already runs on {home}{other}; stop it, or choose another --home") from error
        yield


@contextlib.contextmanager
def listen(server: Server) -> Iterator[socket.socket]:
    """A bound, listening socket. ConfigError if the address cannot be had."""
    host = server.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small writes at once (TCP_NODELAY) only where it sees this protocol number; else each waits 40 ms for an ACK
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, server.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        advice = "choose another --port (0 takes any free one)"
        raise ConfigError(f"cannot listen on {server.host}:{server.port}: {reason}; {advice}", "server.port") from error
    with listener:
        yield listener


def url_of(server: Server, listener: socket.socket) -> str:
    """The base address to reach a listener from this machine."""
    wildcard = "[::1]" if listener.family == socket.AF_INET6 else "127.0.0.1"
    host = wildcard if server.host in WILDCARDS else server.host
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"http://{host}:{listener.getsockname()[1]}"


def configure_logging() -> None:
    """structlog and the standard library's log to stderr: for people on a terminal, JSON anywhere else."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    tty = sys.stderr.isatty()
    last = structlog.dev.ConsoleRenderer() if tty else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler()
    finish = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=finish))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
