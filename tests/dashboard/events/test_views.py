"""The page of events: what was told, how far it is, sent again, tested, and the secret rotated."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings
from django.test import Client

from optimizer_app.events.delivery import deliver_due_events
from optimizer_app.events.destinations import destination_of, destinations_of, put_in_outbox
from optimizer_app.models import Event, EventDelivery, EventDestination, Project
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import make_trace
from tests.servers.events_receiver import EventsReceiver


def make_event(project: Project, event_type: str = "cache_hit", **fields: object) -> Event:
    event = Event.objects.create(
        project=project,
        event_type=event_type,
        payload={"event_type": event_type, "api_key": ""},
        **{"trace_id": uuid.uuid4(), **fields},
    )
    put_in_outbox([event], destinations_of([project]).get(project.pk, []))
    return event


@pytest.fixture
def _own_receiver(project: Project) -> None:
    project.analytics_url = "http://127.0.0.1:1/events?token=secret"
    project.save()


def test_without_events_the_page_says_what_will_stand_here(as_member: Client, project: Project) -> None:
    page = page_text(as_member, "/events")
    assert "No event yet" in page
    assert "go to no receiver" in page


@pytest.mark.usefixtures("_own_receiver")
def test_the_list_has_each_event_with_its_state(as_member: Client, project: Project) -> None:
    make_event(project)
    deliver_due_events()
    make_event(project, "provider_error")
    EventDelivery.objects.filter(event__event_type="provider_error").update(
        dead_at="2026-01-01T00:00Z", last_error="status 410"
    )
    page = page_text(as_member, "/events")
    assert '<span class="state waits">Waiting</span>' in page
    assert '<span class="state failed">Set aside</span>' in page
    assert "127.0.0.1:1" in page
    assert "token=secret" not in page
    assert "Failed 1 time in a row (ConnectionError)." in page
    only = page_text(as_member, "/events?state=set_aside")
    assert "provider_error</td>" in only
    assert "cache_hit</td>" not in only


def test_events_of_others_are_not_there(as_member: Client, project: Project) -> None:
    event = make_event(Project.objects.create(name="another"))
    assert str(event.pk) not in page_text(as_member, "/events")
    assert as_member.get(f"/events/{event.pk}").status_code == 404
    assert as_member.post(f"/events/{event.pk}/resend").status_code == 404


@pytest.mark.usefixtures("_own_receiver")
def test_an_event_with_its_payload(as_member: Client, project: Project) -> None:
    trace = make_trace(project)
    event = make_event(project, trace_id=trace.pk)
    page = page_text(as_member, f"/events/{event.pk}")
    assert "&quot;event_type&quot;: &quot;cache_hit&quot;" in page
    assert f'href="/requests/{trace.pk}"' in page


def test_a_refused_event_is_sent_again(as_member: Client, project: Project) -> None:
    with EventsReceiver() as receiver:
        project.analytics_url = receiver.events_url
        project.save()
        event = make_event(project)
        receiver.script(410)
        deliver_due_events()
        answer = as_member.post(f"/events/{event.pk}/resend", follow=True)
        assert "It goes once more to 1 receiver." in answer.content.decode()
        assert deliver_due_events() == 1
    assert '<span class="state ok">Delivered</span>' in page_text(as_member, f"/events/{event.pk}")


def test_a_test_event_arrives(as_member: Client, project: Project) -> None:
    with EventsReceiver() as receiver:
        project.analytics_url = receiver.events_url
        project.save()
        destination = destinations_of([project])[project.pk][0]
        as_member.post(f"/events/receivers/{destination.pk}/test")
        assert deliver_due_events() == 1
        assert [told["event_type"] for told in receiver.events] == ["test"]


@pytest.mark.usefixtures("_own_receiver")
def test_a_new_secret_is_shown_once(as_member: Client, project: Project) -> None:
    destination = destinations_of([project])[project.pk][0]
    url = f"/events/receivers/{destination.pk}/secret"
    assert "is shown once" in page_text(as_member, url)
    assert EventDestination.objects.get().encrypted_secret == destination.encrypted_secret
    answer = as_member.post(url)
    assert "whsec_" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert "whsec_" not in page_text(as_member, "/events")


def test_the_instances_receiver_is_its_operators(
    as_member: Client, as_admin: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ANALYTICS_URL", "https://analytics.example/events")
    destination = destination_of(None)
    make_event(project)
    assert "analytics.example" not in page_text(as_member, "/events")
    assert as_member.post(f"/events/receivers/{destination.pk}/secret").status_code == 404
    assert "analytics.example" in page_text(as_admin, "/events")
