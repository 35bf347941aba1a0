"""The events of a record."""

import uuid

import orjson
import pytest
from jsonschema import Draft202012Validator

from optimizer_app.trace_ids import made_at, new_trace_id
from optimizer_app.traces.storing.outbox import event_id, events_of_record
from tests.optimizer_app.traces.records import BLOCKS, new_record
from token_optimizer.telemetry.events import event_schema

PROJECT_ID = uuid.uuid4()
KEY_ID = uuid.uuid4()


def payloads(**fields):
    record = new_record(PROJECT_ID, api_key_id=KEY_ID, **fields)
    return {event.event_type: event.payload for event in events_of_record(record, is_received=False)}


def test_a_completed_optimization_in_the_guides_schema():
    record = new_record(PROJECT_ID, api_key_id=KEY_ID, faithfulness_score=0.9)

    [event] = events_of_record(record, is_received=False)

    payload = orjson.loads(orjson.dumps(event.payload))
    metadata = payload.pop("metadata")
    assert metadata.keys() == {"sdk_version", "python_version"}
    assert payload == {
        "event_id": str(event.id),
        "event_type": "optimization_completed",
        "schema_version": 1,
        "timestamp": record.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "api_key": str(KEY_ID),
        "trace_id": str(record.id),
        "request": {"provider": "openai", "model": "gpt-4o", "input_messages_count": 3},
        "optimization": {
            "tokens_before": 1000,
            "tokens_after": 300,
            "tokens_saved": 700,
            "compression_ratio": 0.3,
            "route": "heuristic_only",
            "cache_hit": False,
            "fallback_used": False,
        },
        "blocks": {
            "selected": [{"type": "user", "tokens": 300, "reason": "cut to its errors"}],
            "dropped": [{"type": "assistant", "tokens": 100, "reason": "a copy"}],
        },
        "performance": {"latency_ms": 12.5, "stage_timings": {"logs": 1.25}},
        "faithfulness_score": 0.9,
    }
    assert (event.project_id, event.trace_id) == (PROJECT_ID, record.id)


def test_receivers_are_told_of_the_start_and_of_a_missed_cache():
    record = new_record(PROJECT_ID, api_key_id=KEY_ID)

    made = [event.payload for event in events_of_record(record, is_received=True)]

    types = [payload["event_type"] for payload in made]
    assert types == ["optimization_started", "optimization_completed", "cache_miss"]
    validator = Draft202012Validator(event_schema())
    assert [list(validator.iter_errors(orjson.loads(orjson.dumps(payload)))) for payload in made] == [[]] * 3


def test_a_request_that_never_reached_the_optimizer_completed_nothing():
    assert (
        payloads(tokens_before=0, tokens_after=0, stages=[], blocks=[], status="error", upstream_ms=None)
        == {}
    )


@pytest.mark.parametrize(
    ("fields", "event_type", "told"),
    [
        (
            {"stages": [{"name": "dedupe", "status": "failed", "ms": 0.5, "reason": "KeyError"}]},
            "optimization_failed",
            {"failure": {"stages": ["dedupe"]}},
        ),
        ({"cache_hit": True}, "cache_hit", {}),
        (
            {
                "route": "heuristic+compression",
                "blocks": [
                    {**BLOCKS[0], "stage": "compress", "faithfulness": 0.9},
                    {**BLOCKS[0], "stage": "compress", "faithfulness": 0.8, "tokens_before": 300},
                    BLOCKS[1],
                ],
            },
            "compression_applied",
            {
                "compression": {
                    "blocks": 2,
                    "tokens_before": 1200,
                    "tokens_after": 600,
                    "faithfulness_score": 0.875,
                }
            },
        ),
        (
            {"fallback_used": True, "fallback_reason": "a constraint was lost"},
            "fallback_triggered",
            {"fallback": {"reason": "a constraint was lost", "blocks": 0}},
        ),
        (
            {"blocks": [{**BLOCKS[0], "faithfulness": 0.416}, {**BLOCKS[1], "faithfulness": 0.7}]},
            "fallback_triggered",
            {
                "fallback": {
                    "reason": "2 blocks were kept from compression: the lowest score would have been 0.42",
                    "blocks": 2,
                }
            },
        ),
        (
            {"status": "error", "http_status": 503, "error": "the provider answered 503"},
            "provider_error",
            {"provider": {"name": "openai", "model": "gpt-4o", "http_status": 503}},
        ),
        (
            {"status": "interrupted", "http_status": 200, "error": "the stream broke"},
            "provider_error",
            {"error": "the stream broke"},
        ),
    ],
)
def test_what_else_happened_is_told_beside(fields, event_type, told):
    found = payloads(**fields)

    assert found.keys() == {"optimization_completed", event_type}
    assert found[event_type].items() >= told.items()


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "interrupted", "http_status": None, "error": "the client left"},
        {"status": "error", "upstream_ms": None, "http_status": 400},
    ],
)
def test_what_was_not_the_providers_fault_is_no_provider_error(fields):
    assert payloads(**fields).keys() == {"optimization_completed"}


def test_an_events_id_follows_from_the_trace():
    trace_id = new_trace_id()
    types = ("optimization_completed", "cache_hit")

    ids = [event_id(trace_id, event_type) for event_type in types]

    assert ids == [event_id(trace_id, event_type) for event_type in types]
    assert len({trace_id, *ids}) == 3
    assert {(found.version, found.variant) for found in ids} == {(7, uuid.RFC_4122)}
    assert {made_at(found) for found in ids} == {made_at(trace_id)}
