"""`POST /api/v1/events`: what the library's emitter posts, at a real server."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from gateway.endpoints.handed_in.events import MAX_BATCH_EVENTS, MAX_EVENTS_A_MINUTE
from optimizer_app.models import Event
from tests.gateway.accounts import Account, new_account
from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import LiveServer
from token_optimizer.clients.calls import Optimizing
from token_optimizer.telemetry.emitter import TelemetryEmitter
from token_optimizer.telemetry.events import create_event

PATH = "/api/v1/events"


def event(**fields: Any) -> dict[str, Any]:
    return {**create_event("cache_hit", str(uuid.uuid4()), "somebody"), **fields}


def rows(account: Account) -> list[Event]:
    return list(Event.objects.filter(project=account.project, source=Event.Source.LIBRARY))


def test_the_emitters_events_arrive_marked_by_their_source(server: LiveServer, account: Account) -> None:
    emitter = TelemetryEmitter(server.url + PATH, account.secret, batch_size=2)
    for kind in ("optimization_started", "cache_miss", "provider_error"):
        emitter.emit(create_event(kind, str(uuid.uuid4()), account.secret))
    assert emitter.shutdown(PATIENCE_SECONDS) == 0
    assert emitter.dropped == 0
    stored = rows(account)
    assert {row.event_type for row in stored} == {"optimization_started", "cache_miss", "provider_error"}
    assert {row.payload["api_key"] for row in stored} == {str(account.key.pk)}
    assert account.secret not in str([row.payload for row in stored])


def test_what_the_drop_in_client_tells_fits_the_schema(server: LiveServer, account: Account) -> None:
    optimizing = Optimizing(None, {"api_key": account.secret, "analytics_url": server.url + PATH})
    optimizing.prepare("openai", {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello."}]})
    optimizing.close()
    assert {row.event_type for row in rows(account)} == {"optimization_started", "optimization_completed"}


def test_an_event_that_comes_again_is_stored_once(account: Account) -> None:
    batch = {"events": [event(), event()]}
    assert account.post(PATH, batch).json() == {"accepted": 2, "duplicates": 0}
    answer = account.post(PATH, {"events": [*batch["events"], event()]})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 2})


def test_the_same_id_of_another_project_is_another_event(server: LiveServer, account: Account) -> None:
    told = event()
    other = new_account(server)
    assert account.post(PATH, {"events": [told]}).json()["accepted"] == 1
    assert other.post(PATH, {"events": [told]}).json()["accepted"] == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"event_type": "secret words"}, "events[1].event_type does not fit the schema's enum"),
        ({"trace_id": 7}, "events[1].trace_id must be of type string"),
        ({"timestamp": "secret words"}, "events[1].timestamp is no ISO 8601 time"),
        ({"timestamp": "2020-01-01T00:00:00Z"}, "events[1].timestamp is not of the last 60 days"),
        ({"more": "secret words" * 10_000}, "events[1] is larger than 64 kB"),
        ({"event_type": "compression_applied"}, "events[1] lacks compression"),
    ],
)
def test_an_event_that_is_none_is_named_and_not_quoted(
    account: Account, fields: dict[str, Any], message: str
) -> None:
    answer = account.post(PATH, {"events": [event(), event(**fields)]})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == message
    assert rows(account) == []


@pytest.mark.parametrize("events", [None, [], "text", [event() for _ in range(MAX_BATCH_EVENTS + 1)]])
def test_what_is_no_batch_is_refused(account: Account, events: Any) -> None:
    assert account.post(PATH, {"events": events}).status_code == 400


def test_a_stranger_is_refused(server: LiveServer) -> None:
    for body in ({"api_key": "tok_wrong", "events": [event()]}, {"events": [event()]}):
        answer = requests.post(server.url + PATH, json=body, timeout=PATIENCE_SECONDS)
        assert answer.status_code == 401


def test_a_key_has_a_bound_a_minute(account: Account, server: LiveServer) -> None:
    """Minutes end: where one ends between two batches, the next one has its own count."""
    small = [event(timestamp=(datetime.now(UTC) - timedelta(days=1)).isoformat())] * MAX_BATCH_EVENTS
    statuses = []
    for _ in range(2 * MAX_EVENTS_A_MINUTE // MAX_BATCH_EVENTS + 2):
        answer = account.post(PATH, {"events": small})
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            break
    assert statuses[-1] == 429
    assert len(statuses) > MAX_EVENTS_A_MINUTE // MAX_BATCH_EVENTS
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert new_account(server).post(PATH, {"events": [event()]}).status_code == 202
