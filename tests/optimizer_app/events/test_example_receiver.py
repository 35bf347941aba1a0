"""The example's receiver takes what the service delivers: signed, once, and shown as sums."""

from __future__ import annotations

import threading
import uuid
from urllib.parse import urlsplit

import pytest
import requests
from django.utils import timezone

from examples.analytics_receiver.server import Receiver
from examples.analytics_receiver.store import EventStore
from optimizer_app.events.delivery import deliver_due_events
from optimizer_app.events.destinations import destination_of
from optimizer_app.events.letters import resend
from optimizer_app.events.signing import rotate_secret, signature_headers
from optimizer_app.models import Event
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import BLOCKS, STAGES, new_record
from token_optimizer.telemetry.events import EventType

COMPRESSED = [{**BLOCKS[0], "stage": "compress", "faithfulness": 0.93}, BLOCKS[1]]


@pytest.fixture
def secret(settings, project):
    settings.ANALYTICS_URL = ""
    return rotate_secret(destination_of(project), timezone.now())


@pytest.fixture
def receiver(tmp_path, project, secret):
    kept = EventStore(str(tmp_path / "events.db"))
    running = Receiver(kept, secret, 0)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    project.analytics_url = f"{running.url}/events"
    project.save()
    yield running
    running.shutdown()
    running.server_close()
    kept.close()


def deliver_all_types(project):
    failed = {"name": "dedupe", "status": "failed", "ms": 0.5, "tokens_cut": 0, "reason": "KeyError"}
    store(
        [
            new_record(project.pk, stages=[*STAGES, failed], latency_ms=100.0),
            new_record(project.pk, cache_hit=True, route="cache"),
            new_record(project.pk, blocks=COMPRESSED, route="heuristic+compression", faithfulness_score=0.93),
            new_record(project.pk, fallback_used=True, fallback_reason="a constraint was lost"),
            new_record(project.pk, status="error", http_status=503, error="the provider answered 503"),
        ]
    )
    return deliver_due_events()


def test_the_page_shows_the_sums_of_what_was_delivered(receiver, project):
    arrived = deliver_all_types(project)

    assert receiver.store.rows("SELECT COUNT(*), COUNT(DISTINCT event_type) FROM events") == [(arrived, 8)]
    types = {name for (name,) in receiver.store.rows("SELECT DISTINCT event_type FROM events")}
    assert types == {kind.value for kind in EventType}
    page = requests.get(receiver.url).text
    for shown in (
        "Tokens saved today</th><td class=number>3,500<",
        "Cache hit rate</th><td class=number>20.0%<",
        "Fallback rate</th><td class=number>20.0%<",
        "Latency P50</th><td class=number>12.5 ms<",
        "Latency P95</th><td class=number>100.0 ms<",
        "0.3 to 0.4</th><td class=number>5<",
        "heuristic_only</th><td class=number>3<",
        "0.9 to 1.0</th><td class=number>1<",
        "optimization_started</th><td class=number>5<",
    ):
        assert shown in page


def test_an_event_that_comes_again_counts_once(receiver, project):
    arrived = deliver_all_types(project)
    resend(Event.objects.filter(event_type="optimization_completed").first())

    assert deliver_due_events() == 1
    assert receiver.store.rows("SELECT COUNT(*) FROM events") == [(arrived,)]


def test_what_is_not_signed_by_the_secret_is_refused(receiver, secret):
    body = b'{"api_key": "", "events": []}'
    now = timezone.now()
    others = f"whsec_{uuid.uuid4().hex}"
    for headers in ({}, signature_headers(body, [others], now)):
        assert requests.post(f"{receiver.url}/events", data=body, headers=headers).status_code == 401
    signed = signature_headers(body, [secret], now)
    assert requests.post(f"{receiver.url}/events", data=body + b" ", headers=signed).status_code == 401
    assert requests.post(f"{receiver.url}/events", data=body, headers=signed).status_code == 202
    assert urlsplit(receiver.url).hostname == "127.0.0.1"
