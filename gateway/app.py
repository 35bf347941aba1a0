"""The gateway as an ASGI application: its routes.

Completions go straight to their endpoints. All else, and whatever a browser sends, takes Starlette's way by
middleware and patterns, which costs as much CPU again as a bare pass-through.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from gateway.endpoints.base import (
    Endpoint,
    TracedEndpoint,
    internal_error,
)
from gateway.endpoints.completions import chat_completions, messages, responses
from gateway.endpoints.compress import compress
from gateway.endpoints.handed_in.events import events
from gateway.endpoints.handed_in.feedback import feedback
from gateway.endpoints.handed_in.ingest import ingest, show_job
from gateway.endpoints.health import healthz, readyz
from gateway.endpoints.metrics import metrics
from gateway.endpoints.optimize import optimize
from gateway.endpoints.prompts import prompts
from gateway.endpoints.read_back import read_back
from gateway.endpoints.relayed_paths.passthrough import (
    check_path,
    count_tokens,
    models,
    passthrough,
    unknown_path,
)
from gateway.endpoints.relayed_paths.websocket import RefusedWebsocket
from gateway.endpoints.traces import show_trace
from gateway.mcp.endpoint import McpEndpoint
from gateway.requests.cancellation import EndedWithServer
from gateway.requests.paths import MCP_PATH, CanonicalPaths
from gateway.state import opened_gateway
from optimizer_app.models.keys.api_key import KeyScope

mcp_endpoint = McpEndpoint()


@asynccontextmanager
async def lifespan(application: Starlette) -> AsyncIterator[None]:
    async with opened_gateway() as gateway:
        application.state.gateway = gateway
        try:
            yield
        finally:
            await mcp_endpoint.close()


_COMPLETIONS = {
    path: TracedEndpoint(handler, KeyScope.COMPLETIONS, sends_prompts=True)
    for path, handler in (
        ("/v1/chat/completions", chat_completions),
        ("/v1/messages", messages),
        ("/v1/responses", responses),
    )
}

app = Starlette(
    routes=[
        *(Route(path, endpoint, methods=["POST"]) for path, endpoint in _COMPLETIONS.items()),
        Route(
            "/v1/messages/count_tokens", TracedEndpoint(count_tokens, KeyScope.COMPLETIONS), methods=["POST"]
        ),
        Route("/v1/optimize", TracedEndpoint(optimize, KeyScope.OPTIMIZE), methods=["POST"]),
        Route("/v1/compress", TracedEndpoint(compress, KeyScope.OPTIMIZE), methods=["POST"]),
        Route("/v1/read_back", TracedEndpoint(read_back, KeyScope.OPTIMIZE), methods=["POST"]),
        Route("/v1/prompts/{name}", TracedEndpoint(prompts, KeyScope.COMPLETIONS), methods=["POST"]),
        Route("/v1/ingest", Endpoint(ingest), methods=["POST"]),
        Route("/v1/ingest/{job}", Endpoint(show_job), methods=["GET"]),
        Route("/v1/models", TracedEndpoint(models), methods=["GET"]),
        Route("/v1/traces/{trace_id}", Endpoint(show_trace), methods=["GET"]),
        Route("/api/v1/events", Endpoint(events), methods=["POST"]),
        Route(MCP_PATH, mcp_endpoint),
        Route("/v1/traces/{trace_id}/feedback", Endpoint(feedback), methods=["POST"]),
        Route("/healthz", Endpoint(healthz), methods=["GET"]),
        Route("/readyz", Endpoint(readyz), methods=["GET"]),
        Route("/metrics", Endpoint(metrics), methods=["GET"]),
        Route("/v1/{path:path}", TracedEndpoint(passthrough, check_path=check_path)),
        Route("/{path:path}", Endpoint(unknown_path)),
        WebSocketRoute("/{path:path}", RefusedWebsocket()),
    ],
    middleware=[
        Middleware(EndedWithServer),
        Middleware(CanonicalPaths),
        # Keys travel in headers that no browser sends by itself, so any page may ask.
        Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["*"],
        ),
    ],
    exception_handlers={Exception: internal_error},
    lifespan=lifespan,
)


class StraightToCompletions:
    """Answers completions without Starlette's way, and leaves all else to it."""

    def __init__(self, application: Starlette) -> None:
        self._application = application
        self._endpoints = {path: EndedWithServer(endpoint) for path, endpoint in _COMPLETIONS.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoint_for(scope)
        if endpoint is None:
            await self._application(scope, receive, send)
        else:
            scope["app"] = self._application
            await endpoint(scope, receive, send)

    def _endpoint_for(self, scope: Scope) -> EndedWithServer | None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        endpoint = self._endpoints.get(scope["path"])
        # A page's script has to be told that it may read the answer.
        if endpoint is None or any(name == b"origin" for name, _ in scope["headers"]):
            return None
        return endpoint


application = StraightToCompletions(app)
