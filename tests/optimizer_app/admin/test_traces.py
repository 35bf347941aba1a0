"""Traces in the admin."""

import re

import pytest

from optimizer_app.models import Event, RequestTrace
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.admin.pages import page
from tests.optimizer_app.traces.records import new_record


def test_a_trace_is_found_by_its_id(admin_client, ours):
    store([new_record(ours.pk)])
    wanted, other = RequestTrace.objects.all()

    found = admin_client.get(page("requesttrace"), {"q": str(wanted.pk)}).content.decode()
    assert str(wanted.pk) in found
    assert str(other.pk) not in found

    events = admin_client.get(page("event"), {"q": str(wanted.pk)}).content.decode()
    assert str(Event.objects.get(trace_id=wanted.pk).pk) in events
    assert str(Event.objects.get(trace_id=other.pk).pk) not in events

    assert str(wanted.pk) not in admin_client.get(page("requesttrace"), {"q": "nonsense"}).content.decode()


@pytest.mark.parametrize(("name", "value"), [("project", "theirs"), ("route", "bypass")])
def test_traces_are_filtered(admin_client, ours, theirs, name, value):
    store([new_record(theirs.pk, route="bypass")])
    value = str(theirs.pk) if value == "theirs" else value
    matching = RequestTrace.objects.filter(**{name: value})

    listed = admin_client.get(page("requesttrace"), {name: value}).content.decode()

    shown = set(re.findall(r"requesttrace/([0-9a-f-]{36})/change", listed))
    assert shown == {str(trace.pk) for trace in matching}
