"""Rows by one statement with one value."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DataError, transaction

from optimizer_app import bulk_insert
from optimizer_app.bulk_insert import insert_missing
from optimizer_app.models import ApiKey, Event, RequestTrace, SeenPrompt
from optimizer_app.trace_ids import new_trace_id
from optimizer_app.traces.partitions import ensure_partitions

pytestmark = pytest.mark.django_db


def trace(project, **fields):
    created_at = datetime.now(UTC)
    ensure_partitions([created_at.date()])
    usual = {
        "project": project,
        "created_at": created_at,
        "dialect": "openai",
        "status": "ok",
        "route": "full",
        "tokens_before": 9,
        "tokens_after": 5,
        "latency_ms": 1.25,
    }
    return RequestTrace(**usual | fields)


def event(project, **fields):
    return Event(
        **{"project": project, "trace_id": new_trace_id(), "event_type": "x", "payload": {}} | fields
    )


def test_every_kind_of_value_comes_back_as_it_was(project):
    api_key, _ = ApiKey.issue(project=project, name="a key")
    row = trace(
        project,
        api_key=api_key,
        gross_usd=Decimal("0.000000125"),
        error='it\'s 100 % "quoted" \\ and\ttabbed, ü 漢字 🙂 {}',
        blocks=[{"reason": 'a "b" \\n c\n', "tokens": 7, "share": 0.5, "at": None, "is": [True, {}]}],
        tags={"customer": "ACME's"},
        conversation_id=new_trace_id(),
        stream=True,
    )

    insert_missing([row])

    found = RequestTrace.objects.get()
    names = [field.attname for field in RequestTrace._meta.concrete_fields]
    assert {name: getattr(found, name) for name in names} == {name: getattr(row, name) for name in names}
    assert RequestTrace.objects.filter(receipt__isnull=True, api_key=api_key).exists()


def test_rows_get_the_key_and_the_time_that_the_database_has_no_value_for(project):
    before = datetime.now(UTC)

    insert_missing([event(project, event_type=str(number)) for number in range(3)])

    assert [found.event_type for found in Event.objects.order_by("id")] == ["0", "1", "2"]
    assert all(before <= found.created_at <= datetime.now(UTC) for found in Event.objects.all())


def test_what_is_there_stays_as_it_is(project):
    insert_missing([SeenPrompt(project=project, digest=1, seen_at=datetime(2026, 1, 1, tzinfo=UTC))])

    insert_missing(
        [
            SeenPrompt(project=project, digest=digest, seen_at=datetime(2027, 1, 1, tzinfo=UTC))
            for digest in (1, 2)
        ]
    )

    assert [(row.digest, row.seen_at.year) for row in SeenPrompt.objects.order_by("digest")] == [
        (1, 2026),
        (2, 2027),
    ]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_all_of_many_are_inserted(project, monkeypatch, count):
    monkeypatch.setattr(bulk_insert, "_ROWS_A_STATEMENT", 3)

    insert_missing([event(project) for _ in range(count)])

    assert Event.objects.count() == count


@pytest.mark.parametrize(
    "wrong", [{"tokens_before": 2**40}, {"model": "m" * 201}, {"error": "a\0b"}, {"blocks": ["a\0b"]}]
)
def test_a_value_that_no_column_takes_is_an_error_of_the_data(project, wrong):
    with pytest.raises(DataError), transaction.atomic():
        insert_missing([trace(project), trace(project, **wrong)])

    assert not RequestTrace.objects.exists()
