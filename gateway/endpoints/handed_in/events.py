"""`POST /api/v1/events`: the analytics receiver that the library's emitter posts to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.callers.auth import Caller
from gateway.endpoints.base import JsonAnswer
from gateway.endpoints.handed_in.key_in_body import read_from_caller
from gateway.errors import BadRequest, RateLimited
from gateway.requests.bodies.body import parsed_object
from gateway.requests.client import Client
from gateway.state import Gateway
from optimizer_app.events.receiving import RefusedEvent, check_events, store_received
from optimizer_app.valkey.cluster import VALKEY_ERRORS

MAX_BATCH_EVENTS = 500
MAX_EVENTS_A_MINUTE = 6_000


async def events(gateway: Gateway, client: Client, _params: Mapping[str, str]) -> JsonAnswer:
    """Store a batch; 202 with how many were new. The same events may come again."""
    caller, batch = await read_from_caller(gateway, client, _key_and_events, _anybody)
    await _count(gateway, caller, len(batch))
    key_id, project_id = caller.api_key_id, caller.project_id
    new = await gateway.from_database(lambda: store_received(project_id, key_id, batch))
    return JsonAnswer(orjson.dumps({"accepted": new, "duplicates": len(batch) - new}), 202)


def _anybody(_caller: Caller) -> None:
    """Each key may tell what became of its requests."""


def _key_and_events(raw: bytes, _headers: Mapping[str, str]) -> tuple[object, list[dict[str, Any]]]:
    """The key in a body, and its events; BadRequest, naming the one that is none."""
    body = parsed_object(raw)[0]
    batch = body.get("events")
    if not isinstance(batch, list) or not batch:
        raise BadRequest("events must be a list of at least one event", param="events")
    if len(batch) > MAX_BATCH_EVENTS:
        raise BadRequest(f"a batch holds at most {MAX_BATCH_EVENTS} events, not {len(batch)}", param="events")
    try:
        check_events(batch)
    except RefusedEvent as error:
        raise BadRequest(str(error), param="events") from error
    return body.get("api_key"), batch


async def _count(gateway: Gateway, caller: Caller, count: int) -> None:
    """RateLimited where a key sends more than it may; while Valkey is away nobody is."""
    now = time.time()
    counter = f"events:{caller.api_key_id}:{int(now // 60)}"
    try:
        async with gateway.traffic.pipeline() as pipeline:
            pipeline.incrby(counter, count)
            pipeline.expire(counter, 120)
            total, _ = await pipeline.execute()
    except VALKEY_ERRORS:
        return
    if total > MAX_EVENTS_A_MINUTE:
        seconds = str(60 - int(now % 60))
        raise RateLimited(
            f"more than {MAX_EVENTS_A_MINUTE:,} events a minute from this key",
            limit="events",
            headers=[("retry-after", seconds)],
        )
