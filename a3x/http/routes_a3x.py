"""``/a3x``: feedback, status and the memory. Parses, calls the stores, prints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from a3x.config import Server
from a3x.errors import BadRequest
from a3x.http import body
from a3x.http.services import Services
from a3x.stores.filters import Filter
from a3x.types import Clock, Feedback, Origin, Status

DEFAULT_LIMIT = 20
MAX_LIMIT = 200
MAX_QUERY = 10_000
"""Characters of a question that are searched for."""


def _not_bool(value: object) -> object:
    """JSON's true equals 1 in Python; as a rating it is a mistake."""
    if isinstance(value, bool):
        raise ValueError("must be -1, 0 or 1")
    return value


class Wanted(BaseModel):
    """Filters of a search, as a query string has them; times are epoch seconds."""

    theme: str | None = None
    since: float | None = Field(default=None, allow_inf_nan=False)
    until: float | None = Field(default=None, allow_inf_nan=False)
    origin: Origin | None = None
    status: Status | None = None
    session: str | None = None


class FeedbackBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    experience_id: str = Field(min_length=1, max_length=128)
    rating: Annotated[Literal[-1, 0, 1], BeforeValidator(_not_bool)]
    correction: str | None = None


@dataclass(frozen=True)
class OwnRoutes:
    services: Services
    server: Server
    clock: Clock

    def routes(self) -> list[Route]:
        return [
            Route("/a3x/status", self.status),
            Route("/a3x/feedback", self.feedback, methods=["POST"]),
            Route("/a3x/memory", self.memory),
            Route("/a3x/memory/map", self.map),
            Route("/a3x/memory/facts", self.facts),
            Route("/a3x/memory/import", self.import_spans, methods=["POST"]),
            Route("/a3x/memory/{id}", self.experience),
            Route("/a3x/memory/{id}/why", self.why),
        ]

    async def status(self, request: Request) -> Response:
        return JSONResponse(self.services.status())

    async def feedback(self, request: Request) -> Response:
        """The user's word on one answer; acknowledged once it is on disk."""
        value = body.parse_json(await body.read(request, self.server.max_body_bytes))
        wire = body.validate(FeedbackBody, value)
        if wire.correction is not None and not wire.correction.strip():
            raise BadRequest("the correction is empty: send the answer it should have been, or none", "correction")
        given = Feedback(wire.experience_id, wire.rating, wire.correction, self.clock.now())
        record = await self.services.give_feedback(given)
        return JSONResponse({"ok": True, **asdict(given), "record": record})

    async def memory(self, request: Request) -> Response:
        """Experiences, newest first; ``next_before`` asks for the page after this one. With ``q``, what is like it."""
        limit = body.integer(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
        before = body.integer(request, "before", None, 0, 2**63 - 1)
        assert limit is not None
        if "q" in request.query_params:
            return await self._search(request, limit)
        found = self.services.experiences.recent(limit, before, request.query_params.get("session"))
        more = found[-1].seq if len(found) == limit else None
        page = {"experiences": [asdict(one) for one in found], "next_before": more}
        return JSONResponse({**page, "count": self.services.experiences.count()})

    async def _search(self, request: Request, limit: int) -> Response:
        """Best first: each with its score, its rank in the lists that found it, and the cosine if meaning did."""
        only = body.validate(Wanted, {name: request.query_params.get(name) for name in Wanted.model_fields})
        text = request.query_params["q"]
        if not text.strip():
            raise BadRequest("query parameter 'q' is empty: say what to look for", param="q")
        results = await self.services.search.search(text[:MAX_QUERY], limit, Filter(**only.model_dump()))
        return JSONResponse({"found": [asdict(one) for one in results.found], "note": results.note})

    async def facts(self, request: Request) -> Response:
        """What the user stated, newest first; ``replaced=1`` shows what newer statements replaced, too."""
        limit = body.integer(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
        before = body.integer(request, "before", None, 0, 2**62)
        replaced = bool(body.integer(request, "replaced", 0, 0, 1))
        assert limit is not None
        found = self.services.facts.recent(limit, before, replaced)
        return JSONResponse({"facts": [asdict(one) for one in found]})

    async def import_spans(self, request: Request) -> Response:
        """NDJSON spans; ``first`` is the number of the first line. Bad lines are answered with reasons, the rest is stored."""
        first = body.integer(request, "first", 1, 1, 2**53)
        assert first is not None
        data = await body.read(request, self.server.max_body_bytes)
        result = await self.services.import_spans(list(enumerate(data.split(b"\n"), first)))
        return JSONResponse(asdict(result))

    async def experience(self, request: Request) -> Response:
        """One experience with the feedback it got."""
        store = self.services.experiences
        experience = store.get(request.path_params["id"])
        given = [asdict(feedback) for feedback in store.feedback(experience.id)]
        return JSONResponse({**asdict(experience), "feedback": given})

    async def why(self, request: Request) -> Response:
        """Why an experience has the priority and the label that it has."""
        return JSONResponse(dict(self.services.why(request.path_params["id"])))

    async def map(self, request: Request) -> Response:
        """The clusters of what is asked about, the largest first."""
        limit = body.integer(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
        assert limit is not None
        return JSONResponse(dict(self.services.memory_map(limit)))
