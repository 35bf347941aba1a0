"""Streams of chat completions: what passes, what is held back, and the answer that a stream tells."""

from __future__ import annotations

from typing import Any

from token_optimizer.optimizer.reading_back.answers import ReadBackCall, calls_of
from token_optimizer.optimizer.reading_back.streams.chat import ChatJoiner

Json = dict[str, Any]


def _chunk(delta: Json, reason: str | None = None, **fields: Any) -> Json:
    return {"id": "one", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **fields}


def _call(index: int, **function: str) -> Json:
    return {"tool_calls": [{"index": index, "function": function}]}


def _opened(index: int, name: str) -> Json:
    function = {"name": name, "arguments": ""}
    return {"tool_calls": [{"index": index, "id": f"c{index}", "type": "function", "function": function}]}


def _passed(joiner: ChatJoiner, *events: Json) -> list[Json]:
    return [seen for event in events if (seen := joiner.passed(event)) is not None]


def test_a_stream_without_our_call_passes_as_it_is() -> None:
    events = [_chunk({"role": "assistant", "content": ""}), _chunk({"content": "Hi"}), _chunk({}, "stop")]
    events.append({"id": "one", "choices": [], "usage": {"prompt_tokens": 3}})
    joiner = ChatJoiner()
    assert all(seen is event for seen, event in zip(_passed(joiner, *events), events, strict=True))
    assert not joiner.has_calls


def test_our_call_and_the_end_are_held_back() -> None:
    joiner = ChatJoiner()
    text = _chunk({"content": "Let me look."})
    usage: Json = {"id": "one", "choices": [], "usage": {"prompt_tokens": 3}}
    ours = [_opened(0, "read_back"), _call(0, arguments='{"what":'), _call(0, arguments=' "482193"}')]
    assert _passed(joiner, text, *map(_chunk, ours), _chunk({}, "tool_calls"), usage) == [text]
    assert joiner.has_calls
    assert calls_of(joiner.answer(), "openai") == [ReadBackCall("c0", "482193")]
    assert joiner.answer()["choices"][0]["message"]["content"] == "Let me look."
    closing = joiner.closing()
    assert [event["choices"] for event in closing] == [
        [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        [],
    ]


def test_the_clients_calls_are_counted_without_ours() -> None:
    joiner = ChatJoiner()
    events = [
        _opened(0, "read_back"),
        _call(0, arguments="{}"),
        _opened(1, "search"),
        _call(1, arguments="{}"),
    ]
    seen = _passed(joiner, *map(_chunk, events), _chunk({}, "tool_calls"))
    calls = [call for event in seen for call in event["choices"][0]["delta"]["tool_calls"]]
    assert [call["index"] for call in calls] == [0, 0]
    assert calls[0]["function"]["name"] == "search"
    assert joiner.closing()[0]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_name_that_comes_late_holds_its_call_until_then() -> None:
    joiner = ChatJoiner()
    opened: Json = {
        "tool_calls": [{"index": 0, "id": "c0", "type": "function", "function": {"arguments": "{"}}]
    }
    assert _passed(joiner, _chunk(opened)) == []
    (seen,) = _passed(joiner, _chunk(_call(0, name="search", arguments="}")))
    (call,) = seen["choices"][0]["delta"]["tool_calls"]
    assert call == {
        "index": 0,
        "id": "c0",
        "type": "function",
        "function": {"name": "search", "arguments": "{}"},
    }


def test_a_later_stream_goes_on_under_the_first_ones_id() -> None:
    joiner = ChatJoiner()
    usage: Json = {"choices": [], "usage": {"prompt_tokens": 3}}
    _passed(
        joiner, _chunk({"content": "A."}), _chunk(_opened(0, "read_back")), _chunk({}, "tool_calls"), usage
    )
    joiner.go_on()
    later = [
        {**_chunk({"role": "assistant", "content": ""}), "id": "two"},
        {**_chunk({"content": "B."}), "id": "two"},
    ]
    seen = _passed(joiner, *later, {**_chunk({}, "stop"), "id": "two"}, {**usage, "id": "two"})
    assert {event["id"] for event in seen} == {"one"}
    assert [event["choices"][0]["delta"].get("content") for event in seen if event["choices"]] == [
        "\n\nB.",
        None,
    ]
    assert seen[-1]["usage"] == {"prompt_tokens": 6}
