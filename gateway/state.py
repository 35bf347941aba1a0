"""What the requests of one worker share: opened at its start, closed once they have been recorded."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Collection, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from cachetools import TTLCache
from django.conf import settings
from django.db import Error as DatabaseError

from gateway.callers.auth import CallerCache
from gateway.callers.prompts import PromptCache
from gateway.database import in_database
from gateway.draining import Drains
from gateway.errors import BadRequest, Unavailable
from gateway.limits import Limiter, opened_limiter
from gateway.observing.exporting import opened_observer
from gateway.provider_cache.recurrences import Recurrences
from gateway.requests.bodies.encoding import unpacked_in_thread
from gateway.requests.client import Client
from gateway.requests.in_flight import BytesInFlight
from gateway.response_cache.answers import AnswerStore
from gateway.upstream.breakers import Breakers
from gateway.upstream.connections import Upstream, opened_upstream
from gateway.upstream.health import opened_health
from optimizer_app.captures.queue import CaptureQueue
from optimizer_app.optimize.service import (
    OptimizationRequest,
    Optimized,
    OptimizerPool,
    optimize_for_project,
    optimizer_pool,
)
from optimizer_app.precompression.lookups import conninfo_of
from optimizer_app.precompression.requests import PrecompressionQueue
from optimizer_app.traces.journal.recorder import Journal, Recorder
from optimizer_app.valkey.clients import AsyncValkey, async_client
from optimizer_app.valkey.traffic import async_traffic_client, traffic_url
from token_optimizer.errors import PromptError
from token_optimizer.runtime.garbage import what_lives_left_alone

if TYPE_CHECKING:
    from gateway.observing.observer import Observer

Result = TypeVar("Result")

# Providers take 32 MB (Anthropic) and about as much (OpenAI).
MAX_REQUEST_BYTES = 64 * 1024 * 1024
MAX_REFUSING_PROVIDERS = 1_000
REFUSAL_HOLDS_SECONDS = 3_600
# How long a thread that stores traces may keep the requests waiting; Python's own 5 ms is felt by every one.
SWITCH_SECONDS = 0.0005


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the requests of one worker share."""

    callers: CallerCache
    upstream: Upstream
    recorder: Recorder
    pool: OptimizerPool
    # Of what does not grow with the number of requests, and of what does: one, where there is no cluster.
    valkey: AsyncValkey
    traffic: AsyncValkey
    limiter: Limiter
    recurrences: Recurrences
    answers: AnswerStore
    breakers: Breakers
    precompression_queue: PrecompressionQueue
    capture_queue: CaptureQueue
    observer: Observer | None = None
    prompts: PromptCache = field(default_factory=PromptCache)
    drains: Drains = field(default_factory=Drains)
    in_flight: BytesInFlight = field(default_factory=BytesInFlight)
    # Fields of ours that providers refused, by their base URLs.
    refused_fields: MutableMapping[str, frozenset[str]] = field(
        default_factory=lambda: TTLCache(MAX_REFUSING_PROVIDERS, REFUSAL_HOLDS_SECONDS)
    )
    max_request_bytes: int = MAX_REQUEST_BYTES

    def journal_for(self, client: Client) -> Journal:
        """Where the record of a client's request goes: to the journal, and to whoever observes requests."""
        if self.observer is None:
            return self.recorder
        return self.observer.observed(self.recorder, client.headers)

    def note_refused(self, base_url: str, fields: Collection[str]) -> None:
        """The provider does not know these fields: for a while it is sent none of them."""
        self.refused_fields[base_url] = self.refused_fields.get(base_url, frozenset()).union(fields)

    async def from_database(self, query: Callable[[], Result]) -> Result:
        """What a query finds; Unavailable where the database is down."""
        try:
            return await in_database(query)
        except DatabaseError as error:
            raise Unavailable("the database cannot be reached at the moment; try again") from error

    async def read_body(self, client: Client) -> bytes:
        """The whole request body, unpacked where it came compressed."""
        return await self.unpacked(client, await client.read_body(self.max_request_bytes))

    async def unpacked(self, client: Client, body: bytes, max_bytes: int | None = None) -> bytes:
        """A body without its `content-encoding`."""
        encoding = client.content_encoding
        found = await unpacked_in_thread(body, encoding, max_bytes or self.max_request_bytes)
        if found is not body:
            client.held.add(len(found))
        return found

    async def optimize(self, request: OptimizationRequest, project_id: UUID) -> Optimized:
        """The prompt made smaller, with what the project's documents say; BadRequest where it is none."""
        try:
            return await optimize_for_project(request, project_id, self.pool)
        except PromptError as error:
            raise BadRequest(str(error)) from error


@asynccontextmanager
async def opened_gateway() -> AsyncIterator[Gateway]:
    """What a worker needs, for its life."""
    sys.setswitchinterval(SWITCH_SECONDS)
    valkey = async_client(settings.REDIS_URL)
    traffic = async_traffic_client() or valkey
    precompression_queue = PrecompressionQueue()
    optimizing = optimizer_pool(traffic_url(), conninfo_of(settings.DATABASES["default"]))
    try:
        async with (
            opened_observer() as observer,
            Recorder(settings.JOURNAL_DIR) as recorder,
            optimizing as pool,
            opened_limiter(traffic) as limiter,
            opened_health(traffic) as health,
            opened_upstream(settings.UPSTREAM_TIMEOUT_SECONDS, health) as upstream,
        ):
            capture_queue = CaptureQueue(recorder.append_capture)
            gateway = Gateway(
                CallerCache(),
                upstream,
                recorder,
                pool,
                valkey,
                traffic,
                limiter,
                Recurrences(traffic),
                AnswerStore(traffic),
                Breakers(traffic),
                precompression_queue,
                capture_queue,
                observer,
            )
            try:
                with what_lives_left_alone():
                    yield gateway
            finally:
                await asyncio.to_thread(capture_queue.close)
    finally:
        await asyncio.to_thread(precompression_queue.close)
        for client in {valkey, traffic}:
            await client.aclose()
