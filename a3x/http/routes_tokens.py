"""The tokeniser over HTTP, in the shape that evaluation harnesses ask for: text to ids, ids to text, what frames a prompt."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from a3x.config import Server
from a3x.http import body
from a3x.http.openai import INT32_MAX, Wire
from a3x.http.services import Services


class TokenizeRequest(Wire):
    model: str | None = None
    prompt: str
    add_special_tokens: bool = True
    """Whether the start token is put in front, if the model has one that belongs there."""


class DetokenizeRequest(Wire):
    model: str | None = None
    tokens: list[int] = Field(max_length=1 << 20)


@dataclass(frozen=True)
class TokenRoutes:
    services: Services
    server: Server

    def routes(self) -> list[Route]:
        return [
            Route("/tokenize", self.tokenize, methods=["POST"]),
            Route("/detokenize", self.detokenize, methods=["POST"]),
            Route("/tokenizer_info", self.info),
        ]

    async def tokenize(self, request: Request) -> Response:
        """The ids of ``prompt``; control tokens' texts become control tokens."""
        fields = body.parse_json(await body.read(request, self.server.max_body_bytes))
        wire = body.validate(TokenizeRequest, fields)
        tokens = await self.services.tokenize(wire.prompt, wire.add_special_tokens)
        return JSONResponse({"tokens": tokens, "count": len(tokens)})

    async def detokenize(self, request: Request) -> Response:
        """The text of ``tokens``."""
        fields = body.parse_json(await body.read(request, self.server.max_body_bytes))
        wire = body.validate(DetokenizeRequest, fields)
        tokens = [max(-1, min(token, INT32_MAX)) for token in wire.tokens]
        return JSONResponse({"prompt": await self.services.detokenize(tokens)})

    async def info(self, request: Request) -> Response:
        """The texts of start and end token and the chat template."""
        return JSONResponse(self.services.vocabulary())
