"""``/a3x``: training, cycles, verdicts, rollback, verification. Parses, calls the services, prints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from a3x.config import Server
from a3x.errors import BadRequest, NotFound
from a3x.http import body
from a3x.http.routes_adapters import line
from a3x.http.services import Services
from a3x.stores.cycles import Cycle
from a3x.types import THEMES

DEFAULT_THEME = "general"


class TrainBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    theme: str = DEFAULT_THEME


class RollbackBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    to: int | None = Field(default=None, ge=1)


@dataclass(frozen=True)
class LearnRoutes:
    services: Services
    server: Server

    def routes(self) -> list[Route]:
        return [
            Route("/a3x/train", self.train, methods=["POST"]),
            Route("/a3x/train/preview", self.preview),
            Route("/a3x/cycles", self.cycles),
            Route("/a3x/cycles/{id}", self.cycle),
            Route("/a3x/verdicts/{id}", self.verdict),
            Route("/a3x/adapters/{theme}/rollback", self.rollback, methods=["POST"]),
            Route("/a3x/verify", self.verify, methods=["POST"]),
        ]

    async def train(self, request: Request) -> Response:
        """Open a cycle; it runs in the background and can be watched at ``/a3x/cycles/ID``."""
        wire = body.validate(TrainBody, await self._json(request))
        cycle = await self.services.train(_known(wire.theme))
        return JSONResponse(shown(cycle), 202)

    async def preview(self, request: Request) -> Response:
        """What a cycle would learn now: the records, their splits, and what stands in the way."""
        return JSONResponse(self.services.preview(_known(request.query_params.get("theme", DEFAULT_THEME))))

    async def cycles(self, request: Request) -> Response:
        limit = body.integer(request, "limit", 20, 1, 200)
        assert limit is not None
        return JSONResponse({"cycles": [shown(cycle) for cycle in self.services.cycles.recent(limit)]})

    async def cycle(self, request: Request) -> Response:
        """One cycle with its steps, and the latest events of this run of the daemon."""
        cycle = self.services.cycles.get(request.path_params["id"])
        steps = [asdict(step) for step in self.services.cycles.steps(cycle.id)]
        events = [dict(event) for event in self.services.events(cycle.id)]
        return JSONResponse({**shown(cycle), "facts": dict(cycle.facts), "steps": steps, "events": events})

    async def verdict(self, request: Request) -> Response:
        return JSONResponse(self.services.verdict(request.path_params["id"]))

    async def rollback(self, request: Request) -> Response:
        """To ``to``, else to what served before, else to the base. Answers with what serves from now on."""
        theme = request.path_params["theme"]
        if theme not in THEMES:
            raise NotFound(f"no theme {theme!r}; themes: {', '.join(THEMES)}", param="theme")
        wire = body.validate(RollbackBody, await self._json(request))
        serving = await self.services.rollback(theme, wire.to)
        return JSONResponse({"theme": theme, "serving": line(serving) if serving else None})

    async def verify(self, request: Request) -> Response:
        """Hash every file of every version again and walk the ledger; the problems found."""
        problems = await self.services.verify()
        return JSONResponse({"ok": not problems, "problems": problems})

    async def _json(self, request: Request) -> dict[str, Any]:
        data = await body.read(request, self.server.max_body_bytes)
        return body.parse_json(data) if data else {}


def shown(cycle: Cycle) -> dict[str, Any]:
    """A cycle as lists show it."""
    return {
        "id": cycle.id,
        "theme": cycle.theme,
        "state": cycle.state,
        "reason": cycle.reason,
        "opened": cycle.opened,
        "changed": cycle.changed,
        "version": cycle.facts.get("version"),
        "verdict": cycle.facts.get("verdict"),
    }


def _known(theme: str) -> str:
    if theme not in THEMES:
        raise BadRequest(f"no theme {theme!r}; themes: {', '.join(THEMES)}", param="theme")
    return theme
