"""``/a3x/adapters``: look at the installed versions and bring one in. Checking a file is the injected service's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from a3x.config import Server
from a3x.errors import BadRequest, NotFound
from a3x.http import body
from a3x.http.services import Services
from a3x.types import THEMES, Adapter


@dataclass(frozen=True)
class AdapterRoutes:
    services: Services
    server: Server

    def routes(self) -> list[Route]:
        return [
            Route("/a3x/adapters", self.all),
            Route("/a3x/adapters/{theme}", self.theme, methods=["GET"]),
            Route("/a3x/adapters/{theme}", self.bring, methods=["POST"]),
            Route("/a3x/adapters/{theme}/{version}", self.version),
        ]

    async def all(self, request: Request) -> Response:
        return JSONResponse({"adapters": self._lines(None)})

    async def theme(self, request: Request) -> Response:
        theme = _theme(request)
        return JSONResponse({"theme": theme, "adapters": self._lines(theme)})

    async def version(self, request: Request) -> Response:
        theme, version = _theme(request), _version(request)
        adapter = self.services.adapters.get_any(theme, version)
        withdrawn = adapter in self.services.adapters.withdrawn(theme)
        return JSONResponse(
            {**line(adapter, withdrawn=withdrawn), "manifest": dict(self.services.adapters.manifest(theme, version))}
        )

    def _lines(self, theme: str | None) -> list[dict[str, Any]]:
        active = self.services.active_names()
        shelf = self.services.adapters
        whole = [line(adapter, adapter.name in active) for adapter in shelf.list(theme)]
        return whole + [line(adapter, False, withdrawn=True) for adapter in shelf.withdrawn(theme)]

    async def bring(self, request: Request) -> Response:
        """Body: the bytes of a GGUF LoRA. It becomes the theme's next version, not its active one."""
        theme = _theme(request)
        data = await body.read(request, self.server.max_adapter_bytes)
        if not data:
            raise BadRequest("the body is empty: send the bytes of a GGUF adapter")
        return JSONResponse(line(await self.services.import_adapter(theme, data)), 201)


def line(adapter: Adapter, active: bool | None = None, withdrawn: bool = False) -> dict[str, Any]:
    """One version as the lists show it; ``active`` where it is known whether it serves, ``withdrawn`` with a tombstone."""
    return {
        **({} if active is None else {"active": active}),
        **({"withdrawn": True} if withdrawn else {}),
        "name": adapter.name,
        "theme": adapter.theme,
        "version": adapter.version,
        "sha256": adapter.sha256,
        "base_sha256": adapter.base_sha256,
        "created": adapter.created,
    }


def _theme(request: Request) -> str:
    theme = request.path_params["theme"]
    if theme not in THEMES:
        raise NotFound(f"no theme {theme!r}; themes: {', '.join(THEMES)}", param="theme")
    return theme


def _version(request: Request) -> int:
    version = request.path_params["version"]
    if not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise NotFound(f"{version[:40]!r} is not the number of a version", param="version")
    return int(version)
