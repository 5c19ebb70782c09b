"""``POST /a3x/forget``: what would be forgotten, or forgetting it. Parses, calls the service, prints."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from a3x.config import Server
from a3x.http import body
from a3x.http.services import Services
from a3x.stores.forgetting import Selection


class ForgetBody(BaseModel):
    """All that is given must hold; ``since`` and ``until`` are epoch seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    ids: list[str] = Field(default=[], max_length=100_000)
    query: str = Field(default="", max_length=10_000)
    session: str | None = None
    since: float | None = None
    until: float | None = None
    preview: bool = True


@dataclass(frozen=True)
class ForgetRoutes:
    services: Services
    server: Server

    def routes(self) -> list[Route]:
        return [Route("/a3x/forget", self.forget, methods=["POST"])]

    async def forget(self, request: Request) -> Response:
        """What goes: experiences, records, adapter versions, cycles, copies. Nothing is done unless preview is false."""
        wire = body.validate(ForgetBody, body.parse_json(await body.read(request, self.server.max_body_bytes)))
        selection = Selection(tuple(wire.ids), wire.query, wire.session, wire.since, wire.until)
        return JSONResponse(await self.services.forget(selection, wire.preview))
