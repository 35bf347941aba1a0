"""What providers' streams say that nobody expects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.errors import UpstreamFailed
from gateway.translation.pivot.events import (
    CallDelta,
    CallStarted,
    Ended,
    Event,
    Failed,
    Finished,
    TextDelta,
)
from gateway.translation.providers.anthropic.answer import MessagesReader
from gateway.translation.providers.gemini.answer import GeminiReader
from gateway.translation.providers.openai.answer import ChatReader
from gateway.translation.providers.reader import SseReader


def read(reader: SseReader, *payloads: Any) -> list[Event]:
    events = [b"data: %s\n\n" % json.dumps(payload).encode() for payload in payloads]
    return [said for event in events for said in reader.feed(event)][1:]


def chunk(**delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta}]}


def call(index: int, name: str = "", arguments: str = "") -> dict[str, Any]:
    return {"index": index, "id": f"c{index}", "function": {"name": name, "arguments": arguments}}


def test_calls_of_openai_that_are_mixed_are_no_silent_loss() -> None:
    mixed = [call(0, "a"), call(1, "b"), call(0, arguments="{}")]
    with pytest.raises(UpstreamFailed, match="mixed"):
        read(ChatReader(), *(chunk(tool_calls=[one]) for one in mixed))


def test_calls_of_openai_without_a_place_are_whole() -> None:
    calls = [{"id": f"c{name}", "function": {"name": name, "arguments": "{}"}} for name in "ab"]
    events = read(ChatReader(), chunk(tool_calls=calls))

    assert events == [CallStarted("ca", "a"), CallDelta("{}"), CallStarted("cb", "b"), CallDelta("{}")]


def test_a_refusal_of_openai_is_one() -> None:
    reader = ChatReader()
    ending = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}

    assert read(reader, chunk(refusal="No."), ending) == [TextDelta("No."), Finished("refusal")]
    assert list(reader.feed(b": a comment\n\ndata: [DONE]\n\n")) == [Ended()]


def test_events_of_anthropic_that_nobody_knows_say_nothing() -> None:
    start = {"type": "message_start", "message": {}}

    assert read(MessagesReader(), start, {"type": "ping"}, {"type": "event_of_tomorrow"}) == []


def test_blocks_of_anthropic_that_nobody_knows_are_no_silent_loss() -> None:
    start = {"type": "message_start", "message": {}}
    block = {"type": "content_block_start", "content_block": {"type": "block_of_tomorrow"}}
    with pytest.raises(UpstreamFailed, match="'block_of_tomorrow'"):
        read(MessagesReader(), start, block)


def test_parts_of_gemini_that_nobody_knows_are_no_silent_loss() -> None:
    part = {"executableCode": {"code": "1"}}
    with pytest.raises(UpstreamFailed, match="'executableCode'"):
        read(GeminiReader(), {"candidates": [{"content": {"parts": [part]}}]})


def test_a_call_that_gemini_could_not_write_is_a_failure() -> None:
    with pytest.raises(UpstreamFailed, match="MALFORMED_FUNCTION_CALL"):
        read(GeminiReader(), {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]})


def test_a_prompt_that_gemini_blocks_is_refused() -> None:
    reader = GeminiReader()
    read(reader, {"promptFeedback": {"blockReason": "SAFETY"}})

    assert list(reader.end()) == [Finished("refusal"), Ended()]


def test_a_stream_of_gemini_that_breaks_off_is_not_whole() -> None:
    reader = GeminiReader()
    read(reader, {"candidates": [{"content": {"parts": [{"text": "Fo"}]}}]})

    assert list(reader.end()) == []


def test_an_error_of_gemini_has_its_status() -> None:
    error = {"error": {"code": 503, "message": "overloaded"}}

    assert list(GeminiReader().events(error)) == [Failed(503, "overloaded")]


def test_an_event_that_never_ends_is_a_failure() -> None:
    with pytest.raises(UpstreamFailed, match="longer than"):
        list(ChatReader().feed(b"x" * 9_000_000))
