"""Who may speak to the daemon: Host and Origin on every route, the token on all but the probes. Knows no route."""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from a3x.config import Server
from a3x.errors import ConfigError, Forbidden
from a3x.http import errors

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Probes that supervisors call; they tell nothing but alive or ready."""

WILDCARDS = frozenset({"0.0.0.0", "::", ""})


def check_exposure(server: Server) -> None:
    """Refuse to listen beyond loopback without a token. Raises ConfigError."""
    if not server.token and not is_loopback(server.host):
        raise ConfigError(
            f"server.host is {server.host!r}, which other machines can reach: set server.token (A3X_SERVER__TOKEN), "
            "or listen on 127.0.0.1",
            param="server.token",
        )


def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses; a name that DNS could point elsewhere is not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(netloc: str) -> str:
    """Host of a ``host[:port]`` in lower case, IPv6 in brackets; "" when it is not one."""
    host, _, port = netloc.partition("]") if netloc.startswith("[") else netloc.partition(":")
    if netloc.startswith("["):
        host, port = host + "]", port.removeprefix(":")
    return host.lower() if port.isdigit() or not port else ""


class Guard:
    """ASGI middleware; refuses before anything is read or routed."""

    def __init__(self, app: ASGIApp, server: Server) -> None:
        self.app = app
        self.token = server.token.encode()
        configured = () if server.host in WILDCARDS else (server.host, f"[{server.host}]")
        self.hosts = frozenset(host.lower() for host in (*server.allowed_hosts, *configured))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            self._check(scope["path"], Headers(scope=scope))
        except Forbidden as error:
            await errors.response(error)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _check(self, path: str, headers: Headers) -> None:
        """Raises Forbidden. The Host rule defeats DNS rebinding, the Origin rule other pages in the user's browser."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or host_of(hosts[0]) not in self.hosts:
            raise Forbidden(f"Host header {', '.join(hosts)!r} is not one of server.allowed_hosts")
        for origin in headers.getlist("origin"):
            if host_of(urlsplit(origin).netloc) not in self.hosts:
                raise Forbidden(f"requests from the web origin {origin!r} are not accepted")
        if self.token and path not in OPEN_PATHS:
            scheme, _, given = headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode("latin-1"), self.token):
                raise errors.WrongToken("wrong or missing token: send Authorization: Bearer <server.token>")
