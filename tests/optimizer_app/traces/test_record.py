"""TraceRecord as a line, and back."""

import json
import uuid
from datetime import UTC, datetime

import msgspec
import pytest

from optimizer_app.models import RequestTrace
from optimizer_app.traces.record import (
    ProviderCall,
    ReadBackRecord,
    ReReadRecord,
    TraceRecord,
    UnreadableRecord,
)
from optimizer_app.traces.storing.store import BESIDE_COLUMNS
from tests.optimizer_app.traces.records import new_record
from token_optimizer.models import Block, BlockFate, BlockType, Kind, Origin, StageReport, WhyNot, Worth
from token_optimizer.optimizer.relevance.meaning.query_meaning import meaning_of

PROJECT_ID = uuid.uuid4()


def test_a_line_reads_back_as_the_same_record():
    record = new_record(PROJECT_ID, api_key_id=uuid.uuid4(), faithfulness_score=0.5, stream=True)

    line = record.as_line()

    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert TraceRecord.from_line(line) == record


def test_fates_of_blocks_read_back_as_the_blocks():
    plain = BlockFate("b0", BlockType.USER, Kind.PROSE, "kept", True, "", "\0", 7, 7)
    full = BlockFate(
        "b1",
        BlockType.TOOL,
        Kind.JSON,
        "rewritten",
        False,
        "compress",
        "shorter",
        70,
        30,
        4,
        Origin.RETRIEVED,
        {"relevance": 0.5},
        0.123456,
        Worth(0.5, 0.25, 3),
    )

    read = TraceRecord.from_line(new_record(PROJECT_ID, fates=[plain, full]).as_line())

    assert read.blocks == [plain._replace(reason="\N{REPLACEMENT CHARACTER}").as_dict(), full.as_dict()]
    assert read.fates == []


@pytest.mark.parametrize("reason", ["relevant", "a lone surrogate \ud800"])
def test_the_utility_of_a_block_is_found_for_its_line(reason: str):
    block = Block("The shards of the index moved to the second disk.", id="b0")
    utility = meaning_of("which disk has the shards?", [block]).utilities["b0"]
    fate = BlockFate("b0", BlockType.DOC, Kind.PROSE, "kept", False, "", reason, 7, 7, utility=utility)

    read = TraceRecord.from_line(new_record(PROJECT_ID, fates=[fate]).as_line())

    assert read.blocks[0]["utility"] == dict(utility)


def test_reports_of_stages_read_back_as_the_stages():
    ran = StageReport("logs", "ran", 1.25049, 600)
    charged = StageReport("json", "skipped", 0.0, 0, "no time", 30, 40, WhyNot.OVER_TIME)

    read = TraceRecord.from_line(new_record(PROJECT_ID, stages=[], reports=[ran, charged]).as_line())

    assert read.stages == [ran.as_dict(), charged.as_dict()]
    assert read.reports == []


def test_it_has_the_columns_of_the_trace():
    columns = {field.attname for field in RequestTrace._meta.concrete_fields}
    fields = {field.name for field in msgspec.structs.fields(TraceRecord)}

    money = {"gross_usd", "net_usd", "read_back_usd", "billed_usd", "billed_is_estimated", "receipt"}

    # Told by what is stored of others.
    told = {"is_repeat"}
    assert fields - BESIDE_COLUMNS == columns - money - told


def test_a_lone_surrogate_becomes_a_question_mark():
    record = new_record(PROJECT_ID, model="gpt\ud800")

    assert TraceRecord.from_line(record.as_line()).model == "gpt?"


def test_what_postgres_cannot_hold_is_replaced():
    record = new_record(PROJECT_ID, model="a\0b", blocks=[{"reason": ["\0"]}])

    read = TraceRecord.from_line(record.as_line())

    assert read.model == "a\N{REPLACEMENT CHARACTER}b"
    assert read.blocks == [{"reason": ["\N{REPLACEMENT CHARACTER}"]}]


def test_fields_of_another_version_are_left_out_or_have_their_default():
    fields = json.loads(new_record(PROJECT_ID).as_line())
    fields["of_the_future"] = 1
    del fields["messages_count"]

    assert TraceRecord.from_line(json.dumps(fields).encode()).messages_count == 0


OLD_LINE = (
    b'{"id":"0195f3a0-1111-7000-8000-000000000001","project_id":"0195f3a0-2222-7000-8000-000000000002",'
    b'"created_at":"2026-03-01T10:20:30.123456+00:00","dialect":"openai","status":"ok",'
    b'"route":"heuristic_only","tokens_before":12,"tokens_after":7,"latency_ms":3,"api_key_id":null,'
    b'"faithfulness_score":1,"stages":[{"name":"dedupe","ms":0.5}],"of_the_past":true}\n'
)


def test_a_line_that_an_earlier_version_wrote_is_read():
    record = TraceRecord.from_line(OLD_LINE)

    assert record.id == uuid.UUID("0195f3a0-1111-7000-8000-000000000001")
    assert record.created_at == datetime(2026, 3, 1, 10, 20, 30, 123456, tzinfo=UTC)
    assert (record.latency_ms, record.faithfulness_score) == (3.0, 1.0)
    assert record.stages == [{"name": "dedupe", "ms": 0.5}]
    assert record.blocks == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a\0\0b", "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"),
        ("a\\u0000b", "a\\u0000b"),
        ("a\\\0b", "a\\\N{REPLACEMENT CHARACTER}b"),
        ("a\\\\u0000b", "a\\\\u0000b"),
    ],
)
def test_a_backslash_before_a_nul_is_told_from_an_escape(text, read):
    assert TraceRecord.from_line(new_record(PROJECT_ID, model=text).as_line()).model == read


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "secret"}, r"Invalid UUID - at `\$.id`"),
        ({"created_at": "secret"}, r"at `\$.created_at`"),
        ({"created_at": "2026-01-01T00:00:00"}, r"timezone component - at `\$.created_at`"),
        ({"tokens_before": "secret"}, r"Expected `int`, got `str` - at `\$.tokens_before`"),
        ({"tokens_before": True}, r"Expected `int`, got `bool`"),
        ({"blocks": "secret"}, r"Expected `array`, got `str`"),
        ({"blocks": ["secret"]}, r"Expected `object`, got `str`"),
        ({"model": None}, r"Expected `str`, got `null`"),
        ({"status": "secret"}, r"^`\$.status`$"),
    ],
)
def test_a_wrong_value_is_named_by_its_place_alone(change, reason):
    fields = json.loads(new_record(PROJECT_ID).as_line())

    with pytest.raises(UnreadableRecord, match=reason) as caught:
        TraceRecord.from_line(json.dumps({**fields, **change}).encode())
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[]", "Expected `object`"),
        (b"{}", "missing required field"),
    ],
)
def test_what_is_no_record_is_refused(line, reason):
    with pytest.raises(UnreadableRecord, match=reason):
        TraceRecord.from_line(line)


def test_what_was_read_back_comes_out_of_a_line_as_it_went_in():
    record = new_record(
        uuid.uuid4(),
        read_backs=[
            ReadBackRecord(1, "482193", True, "b1", "logs", 40),
            ReadBackRecord(2, "", False, "", "", 9),
        ],
        re_reads=[ReReadRecord("read_log", "logs", 3, 2_140)],
        provider_calls=[ProviderCall(300, 0, None, 20), ProviderCall(350, 290, None, 31)],
    )

    assert TraceRecord.from_line(record.as_line()) == record
