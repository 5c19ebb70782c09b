"""``/v1``: models, chat and plain completions. Parses, calls the agent, prints; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from a3x.agent import names
from a3x.config import Server
from a3x.http import body, openai_chat, openai_completions, openai_embeddings
from a3x.http.services import Services
from a3x.http.stream import Answer


@dataclass(frozen=True)
class ChatRoutes:
    services: Services
    server: Server

    def routes(self) -> list[Route]:
        return [
            Route("/v1/models", self.models),
            Route("/v1/models/{model}", self.model),
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/v1/completions", self.complete, methods=["POST"]),
        ]

    async def models(self, request: Request) -> Response:
        """The routed model, the base, every installed adapter version, and the embedder once it is there."""
        cards = [_card(names.ROUTED), _card(names.BASE)]
        cards += [_card(f"a3x:{adapter.name}", adapter.created) for adapter in self.services.adapters.list()]
        cards += [_card(openai_embeddings.MODEL)] if self.services.embedder.installed else []
        return JSONResponse({"object": "list", "data": cards})

    async def model(self, request: Request) -> Response:
        """One model by name, mixes too."""
        name = request.path_params["model"]
        if name == openai_embeddings.MODEL and self.services.embedder.installed:
            return JSONResponse(_card(name))
        found = [self.services.adapters.get(part.theme, part.version) for part in names.parse(name) or ()]
        return JSONResponse(_card(name, max((adapter.created for adapter in found), default=0.0)))

    async def chat(self, request: Request) -> Response:
        """OpenAI's chat completion."""
        session, learn = body.session(request), body.learn(request)
        call = openai_chat.parse(await body.read(request, self.server.max_body_bytes), session, learn)
        return Answer(self.services.agent, call)

    async def complete(self, request: Request) -> Response:
        """OpenAI's plain completion."""
        session, learn = body.session(request), body.learn(request)
        call = openai_completions.parse(await body.read(request, self.server.max_body_bytes), session, learn)
        return Answer(self.services.agent, call)


def _card(name: str, created: float = 0.0) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": int(created), "owned_by": "a3x"}
