"""The gateway as an ASGI application: its routes, and what a worker opens at its start and closes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.auth import CallerCache
from gateway.database import in_database
from gateway.endpoints.base import Endpoint, internal_error
from gateway.endpoints.completions import Relay
from gateway.endpoints.health import healthz, readyz
from gateway.endpoints.ingest import ingest, show_job
from gateway.endpoints.optimize import OptimizeOnly
from gateway.endpoints.passthrough import count_tokens, models, passthrough
from gateway.endpoints.traces import show_trace
from gateway.errors import Unavailable
from gateway.upstream import Upstream
from optimizer_app.optimize.service import OptimizerPool, optimizer_pool
from optimizer_app.precompression.lookups import line_to
from optimizer_app.precompression.requests import PrecompressionQueue
from optimizer_app.traces.recorder import Recorder

Result = TypeVar("Result")

# Providers take 32 MB (Anthropic) and about as much (OpenAI).
MAX_REQUEST_BYTES = 64 * 1024 * 1024
# How long a thread that stores traces may keep the requests waiting; Python's own 5 ms is felt by every one.
SWITCH_SECONDS = 0.0005


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the requests of one worker share."""

    callers: CallerCache
    upstream: Upstream
    recorder: Recorder
    pool: OptimizerPool
    valkey: Redis
    precompression_queue: PrecompressionQueue
    max_request_bytes: int = MAX_REQUEST_BYTES

    async def from_database(self, query: Callable[[], Result]) -> Result:
        """What a query finds; Unavailable where the database is down."""
        try:
            return await in_database(query)
        except DatabaseError as error:
            raise Unavailable("the database cannot be reached at the moment; try again") from error


@asynccontextmanager
async def lifespan(application: Starlette) -> AsyncIterator[None]:
    """Open what a worker needs, and close it once the requests in flight have been recorded."""
    sys.setswitchinterval(SWITCH_SECONDS)
    upstream = Upstream(settings.UPSTREAM_TIMEOUT_SECONDS)
    valkey = Redis.from_url(settings.REDIS_URL)
    precompression_queue = PrecompressionQueue()
    optimizing = optimizer_pool(settings.REDIS_URL, line_to(settings.DATABASES["default"]))
    try:
        async with Recorder(settings.JOURNAL_DIR) as recorder, optimizing as pool:
            application.state.gateway = Gateway(
                CallerCache(), upstream, recorder, pool, valkey, precompression_queue
            )
            yield
    finally:
        await asyncio.to_thread(precompression_queue.close)
        await upstream.close()
        await valkey.aclose()


app = Starlette(
    routes=[
        Route("/v1/chat/completions", Relay("openai"), methods=["POST"]),
        Route("/v1/messages", Relay("anthropic"), methods=["POST"]),
        Route("/v1/messages/count_tokens", Endpoint(count_tokens), methods=["POST"]),
        Route("/v1/optimize", OptimizeOnly(), methods=["POST"]),
        Route("/v1/ingest", Endpoint(ingest), methods=["POST"]),
        Route("/v1/ingest/{job}", Endpoint(show_job), methods=["GET"]),
        Route("/v1/models", Endpoint(models), methods=["GET"]),
        Route("/v1/traces/{trace_id}", Endpoint(show_trace), methods=["GET"]),
        Route("/healthz", Endpoint(healthz), methods=["GET"]),
        Route("/readyz", Endpoint(readyz), methods=["GET"]),
        Route("/v1/{path:path}", Endpoint(passthrough)),
    ],
    exception_handlers={Exception: internal_error},
    lifespan=lifespan,
)
