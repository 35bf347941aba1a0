"""The gateway as an ASGI application: its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, WebSocketRoute

from gateway.endpoints.base import Endpoint, TracedEndpoint, internal_error
from gateway.endpoints.completions import chat_completions, messages, responses
from gateway.endpoints.compress import compress
from gateway.endpoints.health import healthz, readyz
from gateway.endpoints.ingest import ingest, show_job
from gateway.endpoints.optimize import optimize
from gateway.endpoints.passthrough import (
    check_path,
    count_tokens,
    models,
    passthrough,
    unknown_path,
)
from gateway.endpoints.prompts import prompts
from gateway.endpoints.read_back import read_back
from gateway.endpoints.traces import show_trace
from gateway.endpoints.websocket import RefusedWebsocket
from gateway.requests.cancellation import EndedWithServer
from gateway.requests.paths import CanonicalPaths
from gateway.state import opened_gateway
from optimizer_app.models.api_key import KeyScope


@asynccontextmanager
async def lifespan(application: Starlette) -> AsyncIterator[None]:
    async with opened_gateway() as gateway:
        application.state.gateway = gateway
        yield


app = Starlette(
    routes=[
        Route(
            "/v1/chat/completions", TracedEndpoint(chat_completions, KeyScope.COMPLETIONS), methods=["POST"]
        ),
        Route("/v1/messages", TracedEndpoint(messages, KeyScope.COMPLETIONS), methods=["POST"]),
        Route("/v1/responses", TracedEndpoint(responses, KeyScope.COMPLETIONS), methods=["POST"]),
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
        Route("/healthz", Endpoint(healthz), methods=["GET"]),
        Route("/readyz", Endpoint(readyz), methods=["GET"]),
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
