"""TraceRecord as a line, and back."""

import dataclasses
import uuid

import orjson
import pytest

from optimizer_app.models import RequestTrace
from optimizer_app.traces.record import TraceRecord, UnreadableRecord
from tests.optimizer_app.traces.records import new_record

PROJECT_ID = uuid.uuid4()


def test_a_line_reads_back_as_the_same_record():
    record = new_record(PROJECT_ID, api_key_id=uuid.uuid4(), faithfulness_score=0.5, stream=True)

    line = record.as_line()

    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert TraceRecord.from_line(line) == record


def test_it_has_the_columns_of_the_trace():
    columns = {field.attname for field in RequestTrace._meta.concrete_fields}
    fields = {field.name for field in dataclasses.fields(TraceRecord)}

    assert fields - {"messages_count"} == columns - {"gross_usd", "net_usd"}


def test_a_lone_surrogate_becomes_a_question_mark():
    record = new_record(PROJECT_ID, model="gpt\ud800")

    assert TraceRecord.from_line(record.as_line()).model == "gpt?"


def test_what_postgres_cannot_hold_is_replaced():
    record = new_record(PROJECT_ID, model="a\0b", blocks=[{"reason": ["\0"]}])

    read = TraceRecord.from_line(record.as_line())

    assert read.model == "a\N{REPLACEMENT CHARACTER}b"
    assert read.blocks == [{"reason": ["\N{REPLACEMENT CHARACTER}"]}]


def test_fields_of_another_version_are_left_out_or_have_their_default():
    fields = orjson.loads(new_record(PROJECT_ID).as_line())
    fields["of_the_future"] = 1
    del fields["messages_count"]

    assert TraceRecord.from_line(orjson.dumps(fields)).messages_count == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "secret"}, "an id is no UUID"),
        ({"created_at": "secret"}, "created_at is no time"),
        ({"created_at": "2026-01-01T00:00:00"}, "created_at has no time zone"),
        ({"tokens_before": "secret"}, "a str stands where int is due"),
        ({"tokens_before": True}, "a bool stands where int is due"),
        ({"blocks": "secret"}, "a str stands where list is due"),
        ({"model": None}, "a NoneType stands where str is due"),
    ],
)
def test_a_wrong_value_is_told_by_its_kind_alone(change, reason):
    fields = orjson.loads(new_record(PROJECT_ID).as_line())

    with pytest.raises(UnreadableRecord, match=reason) as caught:
        TraceRecord.from_line(orjson.dumps({**fields, **change}))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "reason"), [(b"{", "no JSON"), (b"[]", "no JSON object"), (b"{}", "missing")]
)
def test_what_is_no_record_is_refused(line, reason):
    with pytest.raises(UnreadableRecord, match=reason):
        TraceRecord.from_line(line)
