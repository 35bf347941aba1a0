"""Events and their receivers by the management API."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from optimizer_app.events.delivery import deliver_due_events
from optimizer_app.events.destinations import destinations_of, put_in_outbox
from optimizer_app.models import Event, EventDestination, Project
from tests.optimizer_app.api.conftest import Caller
from tests.servers.events_receiver import EventsReceiver


@pytest.fixture
def event(project: Project) -> Event:
    project.analytics_url = "http://127.0.0.1:1/events"
    project.save()
    made = Event.objects.create(
        project=project, trace_id=uuid.uuid4(), event_type="cache_hit", payload={"api_key": "", "n": 1}
    )
    put_in_outbox([made], destinations_of([project])[project.pk])
    return made


def test_events_are_listed_and_shown_whole(call: Caller, event: Event) -> None:
    [listed] = call("GET", "events/?state=waiting").body["results"]
    assert (listed["id"], listed["source"]) == (str(event.pk), "gateway")
    assert call("GET", "events/?state=delivered").body["results"] == []
    whole = call("GET", f"events/{event.pk}/").body
    assert whole["payload"] == {"api_key": "", "n": 1}
    assert [delivery["attempts"] for delivery in whole["deliveries"]] == [0]


def test_one_is_sent_again(call: Caller, event: Event, project: Project) -> None:
    with EventsReceiver() as receiver:
        project.analytics_url = receiver.events_url
        project.save()
        deliver_due_events()
        assert call("POST", f"events/{event.pk}/resend/").body == {"receivers": 1}
        assert deliver_due_events() == 1
        assert len(receiver.events) == 2
    project.analytics_url = ""
    project.save()
    assert call("POST", f"events/{event.pk}/resend/").status == 409


def test_receivers_with_their_counts(call: Caller, event: Event) -> None:
    deliver_due_events()
    [found] = call("GET", "event-destinations/").body["results"]
    assert (found["host"], found["waiting"], found["failures"]) == ("127.0.0.1:1", 1, 1)
    assert found["last_error"] == "ConnectionError"
    assert call("GET", f"event-destinations/{found['id']}/").body == found
    secret = call("POST", f"event-destinations/{found['id']}/rotate-secret/").body["secret"]
    assert secret.startswith("whsec_")
    assert call("POST", f"event-destinations/{found['id']}/test/").status == 202


def test_anothers_are_not_there(issue: Callable[..., Caller], event: Event) -> None:
    stranger = issue(user=User.objects.create_user("stranger"), scope="write")
    destination = EventDestination.objects.get()
    for method, path in (
        ("GET", f"events/{event.pk}/"),
        ("POST", f"events/{event.pk}/resend/"),
        ("POST", f"event-destinations/{destination.pk}/rotate-secret/"),
    ):
        assert stranger(method, path).status == 404
    assert stranger("GET", "events/").body["results"] == []
    assert stranger("GET", "event-destinations/").body["results"] == []
