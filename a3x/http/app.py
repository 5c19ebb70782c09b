"""The ASGI application: routes, guard, error handlers. Opens no socket and builds no service."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from a3x.config import Server
from a3x.errors import A3XError
from a3x.http import errors
from a3x.http.guard import Guard
from a3x.http.routes_a3x import OwnRoutes
from a3x.http.routes_adapters import AdapterRoutes
from a3x.http.routes_chat import ChatRoutes
from a3x.http.routes_embeddings import EmbeddingRoutes
from a3x.http.routes_forget import ForgetRoutes
from a3x.http.routes_info import InfoRoutes
from a3x.http.routes_learn import LearnRoutes
from a3x.http.routes_tokens import TokenRoutes
from a3x.http.services import Services
from a3x.types import Clock


def build(services: Services, server: Server, clock: Clock) -> Starlette:
    """Everything that answers over HTTP."""
    app = Starlette(
        routes=[
            *InfoRoutes(services).routes(),
            *ChatRoutes(services, server).routes(),
            *EmbeddingRoutes(services, server).routes(),
            *TokenRoutes(services, server).routes(),
            *OwnRoutes(services, server, clock).routes(),
            *ForgetRoutes(services, server).routes(),
            *LearnRoutes(services, server).routes(),
            *AdapterRoutes(services, server).routes(),
        ],
        middleware=[Middleware(errors.CatchAll), Middleware(Guard, server=server)],
        exception_handlers={A3XError: errors.on_known, HTTPException: errors.on_http},
    )
    app.router.redirect_slashes = False
    return app
