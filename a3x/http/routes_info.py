"""Probes, the front page, and the routes that the design promises and nobody has built yet."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from a3x import __version__
from a3x.errors import NotImplementedHere, NotReady
from a3x.http.services import Services

PROMISED = (("POST", "/a3x/learning"),)

FRONT = f"""A³X {__version__}, a local agent that improves itself.

POST /v1/chat/completions   OpenAI's chat completions (streamed and not)
POST /v1/completions        raw prompts continued, or scored
POST /v1/embeddings         texts to vectors, model a3x:embedder
GET  /v1/models             a3x, a3x:base, a3x:THEME@N, a3x:embedder
POST /a3x/feedback          {{"experience_id": ..., "rating": -1|0|1, "correction": ...}}
GET  /a3x/status            what it is doing
GET  /a3x/adapters          what it has learnt
POST /a3x/train             learn now from what was corrected; watch at /a3x/cycles/ID
GET  /a3x/memory            what it remembers
POST /a3x/forget            forget by ids, query, session or time; a preview unless "preview": false
GET  /healthz  /readyz      alive; model loaded
"""


@dataclass(frozen=True)
class InfoRoutes:
    services: Services

    def routes(self) -> list[Route]:
        promised = [Route(path, _promised, methods=[method]) for method, path in PROMISED]
        probes = [Route("/healthz", self.healthz), Route("/readyz", self.readyz)]
        return [Route("/", self.front), *probes, *promised]

    async def front(self, request: Request) -> Response:
        return PlainTextResponse(FRONT)

    async def healthz(self, request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def readyz(self, request: Request) -> Response:
        if not self.services.ready():
            raise NotReady("the model is loading")
        return JSONResponse({"ready": True})


async def _promised(request: Request) -> Response:
    raise NotImplementedHere(f"{request.method} {request.url.path} is promised and not built yet")
