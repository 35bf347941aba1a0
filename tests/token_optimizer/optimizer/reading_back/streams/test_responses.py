"""Streams of the Responses API, joined: items and events are counted on, and ours are not among them."""

from __future__ import annotations

from typing import Any

from token_optimizer.optimizer.reading_back.streams.responses import ResponsesJoiner

CALL = {"type": "function_call", "name": "read_back", "call_id": "c1", "arguments": '{"what":"1"}'}


def message(name: str) -> dict[str, Any]:
    return {"id": name, "type": "message", "role": "assistant", "content": []}


def stream(number: int, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of one stream."""
    response = {"id": f"resp_{number}", "created_at": number, "status": "in_progress"}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": response}]
    for index, item in enumerate(items):
        events.append({"type": "response.output_item.added", "output_index": index, "item": item})
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    usage = {"input_tokens": 10 * number, "output_tokens": 1}
    whole = {**response, "status": "completed", "output": list(items), "usage": usage}
    events.append({"type": "response.completed", "response": whole})
    return [{**event, "sequence_number": at} for at, event in enumerate(events)]


def passed(joiner: ResponsesJoiner, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [seen for event in events if (seen := joiner.passed(event)) is not None]


def test_a_stream_without_our_call_passes_as_it_is() -> None:
    events = stream(1, message("m1"))
    seen = passed(ResponsesJoiner(), events)

    assert all(one is other for one, other in zip(seen, events, strict=True))


def test_streams_are_counted_on_under_the_first_id() -> None:
    joiner = ResponsesJoiner()
    seen = passed(joiner, stream(1, message("m1"), CALL))
    assert joiner.has_calls
    assert joiner.answer()["output"] == [message("m1"), CALL]
    joiner.go_on()
    seen += passed(joiner, stream(2, message("m2"), {**CALL, "name": "search"}))

    assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
    assert [event["output_index"] for event in seen if "item" in event] == [0, 0, 1, 1, 2, 2]
    final = seen[-1]["response"]
    assert (final["id"], final["created_at"]) == ("resp_1", 1)
    assert [item.get("name", item.get("id")) for item in final["output"]] == ["m1", "m2", "search"]
    assert final["usage"] == {"input_tokens": 30, "output_tokens": 2}


def test_a_call_that_is_taken_out_leaves_the_end() -> None:
    joiner = ResponsesJoiner()
    seen = passed(joiner, stream(1, CALL, message("m1"))) + joiner.closing()

    assert [event["type"] for event in seen][-1] == "response.completed"
    assert seen[-1]["response"]["output"] == [message("m1")]
    assert [event["output_index"] for event in seen if "item" in event] == [0, 0]


def test_a_closing_event_that_does_not_repeat_the_items() -> None:
    joiner = ResponsesJoiner()
    events = stream(1, CALL)
    events[-1]["response"]["output"] = []
    passed(joiner, events)

    assert joiner.answer()["output"] == [CALL]
