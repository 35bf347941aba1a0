"""Signatures, as a receiver with the specification's own library checks them."""

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from optimizer_app.events.delivery import deliver_due_events
from optimizer_app.events.destinations import destination_of, destinations_of, put_in_outbox
from optimizer_app.events.signing import GRACE, rotate_secret
from optimizer_app.models import Event, EventDestination
from tests.servers.events_receiver import EventsReceiver


@pytest.fixture
def receiver(settings, project):
    settings.ANALYTICS_URL = ""
    with EventsReceiver() as running:
        project.analytics_url = running.events_url
        project.save()
        yield running


def post_one(project):
    event = Event.objects.create(
        project=project, trace_id=project.pk, event_type="cache_hit", payload={"n": 1}
    )
    put_in_outbox([event], destinations_of([project])[project.pk])
    assert deliver_due_events() == 1


def verified(receiver, secret, *, body=None):
    request = receiver.requests[-1]
    return Webhook(secret).verify(body or request.raw, dict(request.headers))


def test_a_receiver_knows_what_came_from_here(receiver, project):
    secret = rotate_secret(destination_of(project), timezone.now())
    post_one(project)

    assert verified(receiver, secret)["events"] == [{"n": 1}]
    with pytest.raises(WebhookVerificationError):
        verified(receiver, secret, body=receiver.requests[-1].raw + b" ")


def test_the_secret_before_signs_for_a_day_more(receiver, project):
    destination = destination_of(project)
    first = rotate_secret(destination, timezone.now())
    second = rotate_secret(destination, timezone.now())
    post_one(project)
    assert verified(receiver, first) == verified(receiver, second)

    EventDestination.objects.update(previous_until=timezone.now())
    post_one(project)
    verified(receiver, second)
    with pytest.raises(WebhookVerificationError):
        verified(receiver, first)
    assert GRACE.total_seconds() == 24 * 3600


def test_every_attempt_has_the_same_id(receiver, project):
    receiver.script(500)
    event = Event.objects.create(project=project, trace_id=project.pk, event_type="cache_hit", payload={})
    put_in_outbox([event], destinations_of([project])[project.pk])
    assert deliver_due_events() == 0
    EventDestination.objects.update(next_try_at=None)
    assert deliver_due_events() == 1

    first, second = (request.headers["webhook-id"] for request in receiver.requests)
    assert first == second


def test_secrets_are_stored_encrypted(project):
    secret = rotate_secret(destination_of(project), timezone.now())
    row = EventDestination.objects.get()
    assert secret not in row.encrypted_secret
    assert row.secrets_at(timezone.now())[0] == secret
