"""``/v1/embeddings``. Parses, calls the embedder, prints; decides nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from a3x.config import Server
from a3x.http import body, openai_embeddings
from a3x.http.services import Services


@dataclass(frozen=True)
class EmbeddingRoutes:
    services: Services
    server: Server

    def routes(self) -> list[Route]:
        return [Route("/v1/embeddings", self.embeddings, methods=["POST"])]

    async def embeddings(self, request: Request) -> Response:
        """OpenAI's embeddings: a text that is too long is refused, never cut."""
        call = openai_embeddings.parse(await body.read(request, self.server.max_body_bytes))
        embedder = self.services.embedder
        if call.dimensions is not None:
            openai_embeddings.check_dimensions(call, await embedder.info())
        embedded = await embedder.embed(call.inputs, truncate=False)
        data = await asyncio.to_thread(openai_embeddings.answer, call, embedded)
        return Response(data, media_type="application/json")
