"""The events' schema, as the guide has it."""

from __future__ import annotations

import platform
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from token_optimizer.models import BlockFate, BlockType, Kind, OptimizationStats, StageReport
from token_optimizer.telemetry.event_blocks import MAX_EVENT_BLOCKS, blocks_by_fate, event_blocks
from token_optimizer.telemetry.events import (
    EventType,
    create_event,
    create_optimization_event,
    event_schema,
    events_of,
    request_summary,
    sdk_version,
)

OPTIMIZATION = {
    "tokens_before": 100,
    "tokens_after": 40,
    "tokens_saved": 60,
    "compression_ratio": 0.4,
    "route": "heuristic_only",
    "cache_hit": False,
    "fallback_used": False,
}
SUMMARY = request_summary("openai", "gpt-4o", 2)
COMPRESSED = BlockFate(
    "1", BlockType.DOC, Kind.DOCUMENT, "rewritten", False, "compress", "", 900, 765, faithfulness=0.86
)
KEPT = BlockFate("2", BlockType.DOC, Kind.DOCUMENT, "kept", False, "", "", 400, 400, faithfulness=0.444)


def optimization_event(**optimization: Any) -> dict[str, Any]:
    return create_optimization_event(
        "0192-trace",
        "tok_mine",
        {"provider": "openai", "model": "gpt-4", "messages": [{"role": "user", "content": "secret"}]},
        {**OPTIMIZATION, **optimization},
        {
            "selected": [{"type": "user", "tokens": 30, "reason": "question", "content": "secret"}],
            "dropped": [{"type": "assistant", "tokens": 60, "reason": "says nothing"}],
        },
        {"latency_ms": 12.5, "stage_timings": {"junk": 1.5}},
    )


def stats(**fields: Any) -> OptimizationStats:
    return OptimizationStats("0192-trace", 100, 40, **fields)


def types_of(made: OptimizationStats, *, caching: bool = False) -> list[str]:
    return [event["event_type"] for event in events_of(made, SUMMARY, api_key="tok", caching=caching)]


def test_the_guides_schema() -> None:
    event = optimization_event()
    timestamp, event_id = event.pop("timestamp"), event.pop("event_id")
    assert event == {
        "event_type": "optimization_completed",
        "schema_version": 1,
        "api_key": "tok_mine",
        "trace_id": "0192-trace",
        "request": {"provider": "openai", "model": "gpt-4", "input_messages_count": 1},
        "optimization": OPTIMIZATION,
        "blocks": {
            "selected": [{"type": "user", "tokens": 30, "reason": "question"}],
            "dropped": [{"type": "assistant", "tokens": 60, "reason": "says nothing"}],
        },
        "performance": {"latency_ms": 12.5, "stage_timings": {"junk": 1.5}},
        "faithfulness_score": 1.0,
        "metadata": {"sdk_version": sdk_version(), "python_version": platform.python_version()},
    }
    assert timestamp.endswith("Z")
    assert datetime.fromisoformat(timestamp).utcoffset() == timedelta(0)
    assert uuid.UUID(event_id).version == 7


def test_a_faithfulness_that_was_not_measured_is_none() -> None:
    assert optimization_event(faithfulness_score=None)["faithfulness_score"] is None
    assert optimization_event(faithfulness_score=0.9)["faithfulness_score"] == 0.9


def test_every_event_has_an_id_of_its_own() -> None:
    made = [create_event(EventType.CACHE_HIT, "t", "k")["event_id"] for _ in range(50)]
    assert len(set(made)) == 50


def test_the_eight_types() -> None:
    assert {kind.value for kind in EventType} == {
        "optimization_started",
        "optimization_completed",
        "optimization_failed",
        "cache_hit",
        "cache_miss",
        "compression_applied",
        "fallback_triggered",
        "provider_error",
    }


@pytest.mark.parametrize(
    ("made", "caching", "expected"),
    [
        (stats(), False, []),
        (stats(), True, ["cache_miss"]),
        (stats(cache_hit=True, route="cache"), True, ["cache_hit"]),
        (stats(stages=[StageReport("logs", "failed", 1.0)]), False, ["optimization_failed"]),
        (stats(route="bypass"), True, []),
        (stats(blocks=[COMPRESSED]), False, ["compression_applied"]),
        (stats(blocks=[KEPT]), False, ["fallback_triggered"]),
        (stats(blocks=[COMPRESSED, KEPT]), False, ["compression_applied", "fallback_triggered"]),
        (stats(fallback_used=True, fallback_reason="no user"), False, ["fallback_triggered"]),
    ],
)
def test_what_an_optimization_announces(made: OptimizationStats, caching: bool, expected: list[str]) -> None:
    assert types_of(made, caching=caching) == ["optimization_completed", *expected]


def test_the_numbers_are_those_of_the_stats() -> None:
    made = stats(latency_ms=3.0, stages=[StageReport("junk", "ran", 2.0)])
    event = events_of(made, SUMMARY, api_key="tok")[0]
    assert event["optimization"]["tokens_saved"] == 60
    assert event["performance"] == {"latency_ms": 3.0, "stage_timings": {"junk": 2.0}}
    assert event["request"] == SUMMARY


def test_blocks_are_told_by_fate() -> None:
    kept = BlockFate("1", BlockType.USER, Kind.PROSE, "rewritten", False, "json", "compact", 50, 30)
    gone = BlockFate("2", BlockType.ASSISTANT, Kind.PROSE, "dropped", False, "junk", "says nothing", 9, 0)
    assert blocks_by_fate([kept, gone]) == {
        "selected": [{"type": "user", "tokens": 30, "reason": "compact"}],
        "dropped": [{"type": "assistant", "tokens": 9, "reason": "says nothing"}],
    }


def test_of_a_long_conversation_blocks_of_one_kind_are_one_row() -> None:
    rows = [{"type": "user", "tokens": 3, "reason": "short"} for _ in range(MAX_EVENT_BLOCKS)]
    assert event_blocks(rows) == rows
    rows.append({"type": "doc", "tokens": 5, "reason": "asked for"})
    assert event_blocks(rows) == [
        {"type": "doc", "tokens": 5, "reason": "asked for", "blocks": 1},
        {"type": "user", "tokens": 3 * MAX_EVENT_BLOCKS, "reason": "short", "blocks": MAX_EVENT_BLOCKS},
    ]
    various = [{**row, "reason": f"line {number} stands in b7"} for number, row in enumerate(rows * 5)]
    told = event_blocks(various)
    assert len(told) <= MAX_EVENT_BLOCKS
    assert sum(row["tokens"] for row in told) == sum(row["tokens"] for row in various)
    assert sum(row.get("blocks", 1) for row in told) == len(various)


def test_the_compression_of_blocks_is_told_without_their_text() -> None:
    _, applied, fallback = events_of(stats(blocks=[COMPRESSED, KEPT]), SUMMARY, api_key="tok")
    assert applied["compression"] == {
        "blocks": 1,
        "tokens_before": 900,
        "tokens_after": 765,
        "faithfulness_score": 0.86,
    }
    assert fallback["fallback"] == {
        "reason": "1 block was kept from compression: the lowest score would have been 0.44",
        "blocks": 1,
    }


def test_the_fallback_of_a_prompt_is_told_first() -> None:
    made = stats(blocks=[KEPT], fallback_used=True, fallback_reason="no user")
    assert events_of(made, SUMMARY, api_key="tok")[1]["fallback"] == {"reason": "no user", "blocks": 1}


def problems_of(event: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft202012Validator(event_schema()).iter_errors(event)]


def test_the_schema_is_one_and_knows_every_type() -> None:
    Draft202012Validator.check_schema(event_schema())
    known = event_schema()["properties"]["event_type"]["enum"]
    assert {kind.value for kind in EventType} <= set(known)


def test_every_event_is_valid_by_the_schema() -> None:
    made = stats(blocks=[COMPRESSED, KEPT], fallback_used=True, fallback_reason="no user")
    for event in events_of(made, SUMMARY, api_key="tok", caching=True):
        assert problems_of(event) == []
    assert problems_of(create_event(EventType.PROVIDER_ERROR, "t", "k", request=SUMMARY)) == []


@pytest.mark.parametrize("missing", ["optimization", "blocks", "performance", "request", "event_id"])
def test_the_schema_wants_every_field_of_the_guide(missing: str) -> None:
    event = optimization_event()
    del event[missing]
    assert problems_of(event) == [f"{missing!r} is a required property"]
