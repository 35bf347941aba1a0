"""Events on their way to analytics servers on real sockets."""

import ipaddress
import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from optimizer_app import outgoing
from optimizer_app.events.delivery import LEASE, MAX_WAIT, deliver_due_events, lease_due_destination
from optimizer_app.events.destinations import destinations_of, put_in_outbox
from optimizer_app.events.letters import resend
from optimizer_app.models import Event, EventDelivery, EventDestination, Project
from optimizer_app.tasks import deliver_events
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import eventually, new_record
from tests.servers.events_receiver import EventsReceiver


@pytest.fixture
def receiver(settings):
    with EventsReceiver() as running:
        settings.ANALYTICS_URL = running.events_url
        yield running


@pytest.fixture
def waiting(receiver, project):
    """Lets some events wait for the receivers of a project; their ids in order."""

    def wait(count, api_key_id="", of=project):
        events = [new_event(of, api_key_id) for _ in range(count)]
        put_in_outbox(events, destinations_of([of])[of.pk])
        return [str(event.pk) for event in events]

    return wait


def new_event(project, api_key_id=""):
    event = Event(project=project, trace_id=uuid.uuid4(), event_type="cache_hit")
    event.payload = {"event_id": str(event.pk), "event_type": "cache_hit", "api_key": str(api_key_id)}
    event.save()
    return event


def ids_of(receiver):
    return [event["event_id"] for event in receiver.events]


def test_it_works(receiver, waiting):
    ids = waiting(3)

    deliver_events()

    [batch] = [request.json for request in receiver.requests]
    assert batch.keys() == {"api_key", "events"}
    assert ids_of(receiver) == ids
    for delivery in EventDelivery.objects.all():
        assert (delivery.delivered_at is not None, delivery.dead_at, delivery.attempts) == (True, None, 1)

    deliver_events()
    assert len(receiver.requests) == 1


def test_without_a_receiver_nothing_waits(settings, project):
    settings.ANALYTICS_URL = ""
    store([new_record(project.id)])

    assert Event.objects.get().event_type == "optimization_completed"
    assert not EventDelivery.objects.exists()
    assert deliver_due_events() == 0


def test_it_is_tried_again_later_and_later_until_it_arrives(receiver, waiting):
    ids = waiting(2)
    receiver.script(500, 500)

    with time_machine.travel(timezone.now()) as clock:
        for pause in (2, 4):
            assert deliver_due_events() == 0
            assert deliver_due_events() == 0
            assert set(EventDelivery.objects.values_list("last_error", flat=True)) == {"status 500"}
            clock.shift(timedelta(seconds=pause + 1))
        assert deliver_due_events() == 2

    assert len(receiver.requests) == 3
    assert ids_of(receiver) == ids
    assert set(EventDelivery.objects.values_list("attempts", "last_error")) == {(3, "")}
    assert EventDestination.objects.get().failures == 0


def test_what_came_later_waits_behind_what_failed(receiver, waiting):
    first = waiting(1)
    receiver.script(503)
    with time_machine.travel(timezone.now()) as clock:
        assert deliver_due_events() == 0
        later = waiting(2)
        assert deliver_due_events() == 0
        clock.shift(timedelta(seconds=3))
        assert deliver_due_events() == 3

    assert ids_of(receiver) == first + later


def test_a_receiver_that_is_not_there_costs_nothing(receiver, waiting, settings):
    settings.ANALYTICS_URL = "http://127.0.0.1:1/events"
    waiting(1)

    assert deliver_due_events() == 0

    destination = EventDestination.objects.get()
    assert (destination.failures, destination.last_error) == (1, "ConnectionError")
    assert destination.next_try_at > timezone.now()
    assert EventDelivery.objects.get().delivered_at is None


def test_a_redirect_is_no_delivery(receiver, waiting):
    waiting(1)
    receiver.script(307)

    assert deliver_due_events() == 0
    assert len(receiver.requests) == 1
    assert EventDelivery.objects.get().last_error == "status 307"


def test_one_event_that_is_refused_does_not_hold_the_others(receiver, waiting):
    ids = waiting(4)
    # all four, the first two, the first of them; the second of them and the last two are taken
    receiver.script(422, 422, 422)

    assert deliver_due_events() == 3
    dead = EventDelivery.objects.get(dead_at__isnull=False)
    assert (str(dead.event_id), dead.last_error) == (ids[0], "status 422")
    assert deliver_due_events() == 0


def test_a_dead_letter_goes_when_it_is_sent_again(receiver, waiting):
    [event_id] = waiting(1)
    receiver.script(410)
    assert deliver_due_events() == 0
    receiver.script(202)

    resend(Event.objects.get(pk=event_id))

    assert deliver_due_events() == 1
    assert ids_of(receiver) == [event_id]


def test_an_event_that_arrived_may_be_sent_again(receiver, waiting):
    [event_id] = waiting(1)
    assert deliver_due_events() == 1

    resend(Event.objects.get(pk=event_id))

    assert deliver_due_events() == 1
    assert ids_of(receiver) == [event_id, event_id]


def test_what_nobody_takes_for_a_week_is_given_up(receiver, waiting):
    waiting(1)
    Event.objects.update(created_at=timezone.now() - MAX_WAIT - timedelta(minutes=1))
    newer = waiting(1)
    receiver.script(500)

    assert deliver_due_events() == 0

    assert EventDelivery.objects.get(dead_at__isnull=False).last_error == "not taken within 7 days"
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert deliver_due_events() == 1
    assert ids_of(receiver) == newer


def test_a_batch_speaks_for_one_key(receiver, waiting):
    keys = [uuid.uuid4(), uuid.uuid4()]
    expected = [(str(key), set(waiting(2, key))) for key in keys]

    assert deliver_due_events() == 4

    batches = [request.json for request in receiver.requests]
    found = [(batch["api_key"], {event["event_id"] for event in batch["events"]}) for batch in batches]
    assert found == expected


def test_two_workers_never_post_the_same(receiver, waiting):
    waiting(2)
    receiver.gate.clear()
    first = threading.Thread(target=deliver_and_hang_up)
    first.start()
    receiver.wait_for(1)

    assert lease_due_destination() is None

    receiver.gate.set()
    first.join()
    assert len(receiver.events) == 2


def deliver_and_hang_up():
    deliver_due_events()
    connections.close_all()


def test_what_a_dead_worker_leased_is_due_again(receiver, waiting):
    waiting(1)
    assert lease_due_destination() is not None
    assert deliver_due_events() == 0

    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
        assert deliver_due_events() == 1


def test_events_of_the_recorder_arrive(receiver, project, recording, journal_dir):
    with recording(journal_dir) as recorder:
        recorder.append(new_record(project.id))
        eventually(EventDelivery.objects.exists)

    deliver_events()

    types = [event["event_type"] for event in receiver.events]
    assert types == ["optimization_started", "optimization_completed", "cache_miss"]


def test_a_project_with_a_receiver_of_its_own_tells_the_instances_too(receiver, waiting, project):
    with EventsReceiver() as own:
        project.analytics_url = own.events_url
        project.save()
        [own_event] = waiting(1)
        [other_event] = waiting(1, of=Project.objects.create(name="another"))

        assert deliver_due_events() == 3

        assert ids_of(own) == [own_event]
        assert ids_of(receiver) == [own_event, other_event]


def test_one_receiver_that_is_down_holds_up_no_other(receiver, waiting, project):
    project.analytics_url = "http://127.0.0.1:1/events"
    project.save()
    [event_id] = waiting(1)

    assert deliver_due_events() == 1
    assert ids_of(receiver) == [event_id]


def test_where_the_receiver_was_taken_away_nothing_waits_for_ever(settings, project):
    settings.ANALYTICS_URL = ""
    with EventsReceiver() as own:
        project.analytics_url = own.events_url
        project.save()
        store([new_record(project.id)])
        project.analytics_url = ""
        project.save()

        assert deliver_due_events() == 0
        assert own.requests == []
    assert set(EventDelivery.objects.values_list("last_error", flat=True)) == {"the receiver was taken away"}


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
    assert EventDestination.objects.get().last_error == "127.0.0.1 is a metadata service"


def test_a_clock_that_is_set_back_holds_no_event(receiver, waiting):
    now = timezone.now()
    with time_machine.travel(now + timedelta(hours=1)):
        waiting(2)
        lease_due_destination()

    with time_machine.travel(now):
        assert deliver_due_events() == 2
        assert deliver_due_events() == 0


def test_what_a_version_before_left_waiting_goes_once(receiver, project):
    event = new_event(project)
    Event.objects.update(next_try_at=timezone.now())

    assert deliver_due_events() == 1
    assert deliver_due_events() == 0
    assert ids_of(receiver) == [str(event.pk)]


def test_a_secret_that_cannot_be_read_is_said(receiver, waiting):
    waiting(1)
    EventDestination.objects.update(encrypted_secret="gAAAA-of-another-key")

    assert deliver_due_events() == 0
    assert EventDestination.objects.get().last_error == "the signing secret cannot be read"
