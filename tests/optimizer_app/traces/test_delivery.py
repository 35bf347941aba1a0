"""Events on their way to an analytics server on a real socket."""

import ipaddress
import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from optimizer_app import outgoing
from optimizer_app.models import Event, Project
from optimizer_app.tasks import deliver_events
from optimizer_app.traces.delivery import LEASE, deliver_due_events, lease_due_events
from optimizer_app.traces.store import store
from tests.events_receiver import EventsReceiver
from tests.optimizer_app.traces.records import eventually, new_record


@pytest.fixture
def receiver(settings):
    with EventsReceiver() as running:
        settings.ANALYTICS_URL = running.events_url
        yield running


@pytest.fixture
def stored(receiver, project):
    """Stores requests of one key; their ids."""

    def store_some(count, api_key_id=None):
        records = [new_record(project.id) for _ in range(count)]
        store(records)
        if api_key_id:
            for event in Event.objects.filter(trace_id__in=[record.id for record in records]):
                event.payload["api_key"] = str(api_key_id)
                event.save()
        return [str(record.id) for record in records]

    return store_some


def test_it_works(receiver, stored):
    trace_ids = stored(3)

    deliver_events()

    [batch] = [request.json for request in receiver.requests]
    assert batch.keys() == {"api_key", "events"}
    assert {event["trace_id"] for event in batch["events"]} == set(trace_ids)
    assert {event["event_id"] for event in batch["events"]} == {
        str(event.id) for event in Event.objects.all()
    }
    for event in Event.objects.all():
        assert event.delivered_at is not None
        assert event.next_try_at is None
        assert event.attempts == 1

    deliver_events()
    assert len(receiver.requests) == 1


def test_without_a_url_nothing_waits(settings, project):
    settings.ANALYTICS_URL = ""
    store([new_record(project.id)])

    assert Event.objects.get().next_try_at is None
    assert deliver_due_events() == 0


def test_it_is_tried_again_later_and_later_until_it_arrives(receiver, stored):
    stored(2)
    receiver.script(500, 500)

    with time_machine.travel(timezone.now()) as clock:
        for pause in (2, 4):
            assert deliver_due_events() == 0
            assert deliver_due_events() == 0
            assert set(Event.objects.values_list("last_error", flat=True)) == {"status 500"}
            clock.shift(timedelta(seconds=pause + 1))
        assert deliver_due_events() == 2

    assert len(receiver.requests) == 3
    assert len({event["event_id"] for event in receiver.events}) == len(receiver.events) == 2
    assert set(Event.objects.values_list("attempts", "last_error")) == {(3, "")}


def test_a_receiver_that_is_not_there_costs_nothing(receiver, stored, settings):
    settings.ANALYTICS_URL = "http://127.0.0.1:1/events"
    stored(1)

    assert deliver_due_events() == 0

    event = Event.objects.get()
    assert event.last_error == "ConnectionError"
    assert event.delivered_at is None
    assert event.next_try_at > timezone.now()


def test_a_redirect_is_no_delivery(receiver, stored):
    stored(1)
    receiver.script(307)

    assert deliver_due_events() == 0
    assert len(receiver.requests) == 1
    assert Event.objects.get().last_error == "status 307"


def test_one_event_that_is_refused_does_not_hold_the_others(receiver, stored):
    stored(4)
    # all four, the first two, the first of them; the second of them and the last two are taken
    receiver.script(422, 422, 422)

    assert deliver_due_events() == 3
    assert Event.objects.filter(delivered_at=None).count() == 1


def test_a_batch_speaks_for_one_key(receiver, stored):
    keys = {str(uuid.uuid4()): None, str(uuid.uuid4()): None}
    expected = {key: set(stored(2, api_key_id=key)) for key in keys}

    assert deliver_due_events() == 4

    batches = [request.json for request in receiver.requests]
    found = {batch["api_key"]: {event["trace_id"] for event in batch["events"]} for batch in batches}
    assert found == expected


def test_two_workers_never_post_the_same(receiver, stored):
    stored(2)
    receiver.gate.clear()
    first = threading.Thread(target=deliver_and_hang_up)
    first.start()
    receiver.wait_for(1)

    assert lease_due_events() == []

    receiver.gate.set()
    first.join()
    assert len(receiver.events) == 2


def deliver_and_hang_up():
    deliver_due_events()
    connections.close_all()


def test_what_a_dead_worker_leased_is_due_again(receiver, stored):
    stored(1)
    assert len(lease_due_events()) == 1

    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
        assert deliver_due_events() == 1


def test_an_event_of_the_recorder_arrives(receiver, project, recording, journal_dir):
    with recording(journal_dir) as recorder:
        recorder.append(new_record(project.id))
        eventually(Event.objects.exists)

    deliver_events()

    assert [event["event_type"] for event in receiver.events] == ["optimization_completed"]


def test_a_projects_own_receiver_goes_before_that_of_the_instance(receiver, stored, project):
    with EventsReceiver() as own:
        project.analytics_url = own.events_url
        project.save()
        [trace_id] = stored(1)
        other = Project.objects.create(name="another")
        store([new_record(other.id)])

        assert deliver_due_events() == 2

        assert [event["trace_id"] for event in own.requests[0].json["events"]] == [trace_id]
        assert len(receiver.requests) == 1


def test_a_project_alone_may_have_a_receiver(settings, project):
    settings.ANALYTICS_URL = ""
    with EventsReceiver() as own:
        project.analytics_url = own.events_url
        project.save()
        store([new_record(project.id)])
        assert deliver_due_events() == 1

    project.analytics_url = ""
    project.save()
    Event.objects.update(next_try_at=timezone.now())
    assert deliver_due_events() == 0


def test_a_receiver_that_a_person_entered_is_judged_at_its_address(settings, project, monkeypatch):
    """A name may resolve to another address than when it was entered."""
    settings.ANALYTICS_URL = ""
    monkeypatch.setattr(outgoing, "METADATA_ADDRESSES", {ipaddress.ip_address("127.0.0.1")})
    with EventsReceiver() as own:
        project.analytics_url = own.events_url
        project.save()
        store([new_record(project.id)])

        assert deliver_due_events() == 0

        assert own.requests == []
    assert Event.objects.get().last_error == "127.0.0.1 is a metadata service"


def test_a_clock_that_is_set_back_holds_no_event(receiver, stored):
    now = timezone.now()
    with time_machine.travel(now + timedelta(hours=1)):
        stored(2)
        lease_due_events()

    with time_machine.travel(now):
        assert deliver_due_events() == 2
        assert deliver_due_events() == 0
