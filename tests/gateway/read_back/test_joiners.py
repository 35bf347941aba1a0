"""Streams of several rounds as one, in any pieces: what passes, what is held back, what each round was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.dialects.base import ApiDialect
from gateway.dialects.chat import CHAT
from gateway.dialects.messages import MESSAGES
from gateway.dialects.responses import RESPONSES
from gateway.dialects.sse import EventBuffer, parsed_event
from gateway.read_back.joiner import JoinedStream
from tests.provider.mock_dialects import AnthropicDialect, Dialect, OpenAIDialect, Reply, ToolCall
from tests.provider.mock_responses import ResponsesDialect
from token_optimizer.models import Dialect as Name

MOCKS: dict[Name, type[Dialect]] = {
    "openai": OpenAIDialect,
    "anthropic": AnthropicDialect,
    "responses": ResponsesDialect,
}
BODY = {"model": "gpt-4o", "messages": [], "input": [], "stream_options": {"include_usage": True}}
CALL = ToolCall("read_back", '{"what":"482193"}')
OTHER = ToolCall("read_file", '{"path":"a.py"}')
READS = Reply("I look.", (CALL,), thinking="Where is it?", prompt_tokens=100, cached_tokens=40)
ANSWERS = Reply("It is four.", prompt_tokens=130, cached_tokens=90)
every_dialect = pytest.mark.parametrize("dialect", [CHAT, MESSAGES, RESPONSES])
every_size = pytest.mark.parametrize("size", [1, 7, 100_000])


def stream(dialect: ApiDialect, reply: Reply, number: int = 1) -> bytes:
    return b"".join(MOCKS[dialect.name](number).events(BODY, reply))


def fed(joiner: JoinedStream, data: bytes, size: int = 100_000) -> bytes:
    """What passes when the data comes in pieces of a size."""
    return b"".join(joiner.feed(data[start : start + size]) for start in range(0, len(data), size))


def events(data: bytes) -> list[dict[str, Any]]:
    buffer = EventBuffer()
    found = buffer.feed(data)
    assert not buffer.rest()
    return [parsed_event(event) for event in found]


@every_size
@every_dialect
def test_a_stream_without_our_call_passes_byte_for_byte(dialect: ApiDialect, size: int) -> None:
    joiner = JoinedStream(dialect)
    data = stream(dialect, Reply("Hello there.", (OTHER,), thinking="Hm."))

    assert fed(joiner, data, size) == data
    assert joiner.finished
    assert not joiner.has_calls


@every_size
@every_dialect
def test_a_round_is_told_as_the_whole_answer_that_it_is(dialect: ApiDialect, size: int) -> None:
    """Thinking, signatures and calls are those of a JSON answer, so the next request can repeat them."""
    joiner = JoinedStream(dialect)
    fed(joiner, stream(dialect, READS), size)
    whole, answer = MOCKS[dialect.name](1).whole(BODY, READS), joiner.answer()

    assert joiner.has_calls
    if dialect is CHAT:
        assert answer["choices"][0]["finish_reason"] == "tool_calls"
        assert {**whole["choices"][0]["message"], "refusal": None} == {
            "refusal": None,
            **answer["choices"][0]["message"],
        }
    else:
        key = "content" if dialect is MESSAGES else "output"
        assert json.dumps(answer[key]) == json.dumps(whole[key])
    assert dialect.usage(answer["usage"]) == dialect.usage(whole["usage"])


@every_size
@every_dialect
def test_text_passes_and_the_call_is_held_back(dialect: ApiDialect, size: int) -> None:
    joiner = JoinedStream(dialect)
    passed = fed(joiner, stream(dialect, READS), size)

    assert b"read_back" not in passed
    assert b"482193" not in passed
    assert b"look." in passed
    closings = (b"[DONE]", b'finish_reason":"', b"message_stop", b"message_delta", b"response.completed")
    assert not [closing for closing in closings if closing in passed]


@every_size
@every_dialect
def test_rounds_go_out_as_one_stream(dialect: ApiDialect, size: int) -> None:
    joiner = JoinedStream(dialect)
    passed = fed(joiner, stream(dialect, READS, 1), size)
    joiner.go_on()
    passed += fed(joiner, stream(dialect, Reply("More.", (CALL,), prompt_tokens=110), 2), size)
    joiner.go_on()
    passed += fed(joiner, stream(dialect, Reply("Four.", (OTHER,), prompt_tokens=130), 3), size)

    told = {"openai": told_by_chat, "anthropic": told_by_messages, "responses": told_by_responses}
    assert told[dialect.name](events(passed)) == {
        "ids": {f"{'chatcmpl-' if dialect is CHAT else 'msg_' if dialect is MESSAGES else 'resp_'}1"},
        "text": "I look.\n\nMore.\n\nFour." if dialect is CHAT else "I look.More.Four.",
        "calls": [("read_file", OTHER.arguments)],
        "input": 340,
        "output": READS.completion_tokens + 11 + 11,
    }


def told_by_chat(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    assert chunks[-1] == {}  # [DONE]
    chunks = chunks[:-1]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert [delta["role"] for delta in deltas if "role" in delta] == ["assistant"]
    calls = [call for delta in deltas for call in delta.get("tool_calls", [])]
    assert [call["index"] for call in calls] == [0, 0]
    reasons = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
    assert [reason for reason in reasons if reason] == ["tool_calls"]
    usages = [chunk["usage"] for chunk in chunks if chunk["usage"]]
    return {
        "ids": {chunk["id"] for chunk in chunks},
        "text": "".join(delta.get("content") or "" for delta in deltas),
        "calls": [(calls[0]["function"]["name"], "".join(call["function"]["arguments"] for call in calls))],
        "input": usages[0]["prompt_tokens"],
        "output": usages[0]["completion_tokens"],
    }


def told_by_messages(told: list[dict[str, Any]]) -> dict[str, Any]:
    kinds = [event["type"] for event in told if event["type"] != "ping"]
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    assert (kinds.count("message_start"), kinds.count("message_delta")) == (1, 1)
    starts = [event for event in told if event["type"] == "content_block_start"]
    assert [event["index"] for event in starts] == list(range(len(starts)))
    stops = [event["index"] for event in told if event["type"] == "content_block_stop"]
    assert stops == list(range(len(starts)))
    parts = ["" for _ in starts]
    for event in told:
        if event["type"] == "content_block_delta":
            delta = event["delta"]
            parts[event["index"]] += delta.get("text") or delta.get("partial_json") or ""
    kind_of = {event["index"]: event["content_block"] for event in starts}
    ending = told[-2]
    assert ending["delta"]["stop_reason"] == "tool_use"
    usage = ending["usage"]
    return {
        "ids": {told[0]["message"]["id"]},
        "text": "".join(parts[at] for at, block in kind_of.items() if block["type"] == "text"),
        "calls": [(block["name"], parts[at]) for at, block in kind_of.items() if block["type"] == "tool_use"],
        "input": usage["input_tokens"] + usage["cache_read_input_tokens"],
        "output": usage["output_tokens"],
    }


def told_by_responses(told: list[dict[str, Any]]) -> dict[str, Any]:
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert (told[0]["type"], told[-1]["type"]) == ("response.created", "response.completed")
    assert sum(event["type"] == "response.created" for event in told) == 1
    done = [event for event in told if event["type"] == "response.output_item.done"]
    assert [event["output_index"] for event in done] == list(range(len(done)))
    final = told[-1]["response"]
    assert final["output"] == [event["item"] for event in done]
    return {
        "ids": {event["response"]["id"] for event in told if "response" in event},
        "text": "".join(item["content"][0]["text"] for item in final["output"] if item["type"] == "message"),
        "calls": [
            (item["name"], item["arguments"]) for item in final["output"] if item["type"] == "function_call"
        ],
        "input": final["usage"]["input_tokens"],
        "output": final["usage"]["output_tokens"],
    }


@every_dialect
def test_calls_that_are_taken_out_leave_a_valid_ending(dialect: ApiDialect) -> None:
    joiner = JoinedStream(dialect)
    passed = fed(joiner, stream(dialect, READS)) + joiner.closing()
    told = events(passed)

    if dialect is CHAT:
        assert told[-3]["choices"][0]["finish_reason"] == "stop"
        assert told[-2]["usage"]["prompt_tokens"] == 100
        assert passed.endswith(b"data: [DONE]\n\n")
    elif dialect is MESSAGES:
        assert told[-2]["delta"]["stop_reason"] == "end_turn"
        assert told[-2]["usage"]["output_tokens"] == READS.completion_tokens
        assert told[-1] == {"type": "message_stop"}
    else:
        assert told[-1]["type"] == "response.completed"
        assert [item["type"] for item in told[-1]["response"]["output"]] == ["reasoning", "message"]


@every_dialect
def test_beside_other_calls_ours_alone_is_taken_out(dialect: ApiDialect) -> None:
    joiner = JoinedStream(dialect)
    passed = fed(joiner, stream(dialect, Reply("I look.", (CALL, OTHER, CALL, OTHER)))) + joiner.closing()
    told = events(passed)

    assert b"read_back" not in passed
    if dialect is CHAT:
        calls = [
            c
            for chunk in told[:-2]
            for choice in chunk["choices"]
            for c in choice["delta"].get("tool_calls", [])
        ]
        assert [call["index"] for call in calls] == [0, 0, 1, 1]
        assert told[-3]["choices"][0]["finish_reason"] == "tool_calls"
    elif dialect is MESSAGES:
        starts = [event["index"] for event in told if event["type"] == "content_block_start"]
        assert starts == [0, 1, 2]
        assert told[-2]["delta"]["stop_reason"] == "tool_use"
    else:
        kinds = [item["type"] for item in told[-1]["response"]["output"]]
        assert kinds == ["message", "function_call", "function_call"]


def test_usage_that_was_not_asked_for_is_taken_out_of_every_round() -> None:
    joiner = JoinedStream(CHAT, strip_usage=True)
    passed = fed(joiner, stream(CHAT, READS))
    joiner.go_on()
    passed += fed(joiner, stream(CHAT, ANSWERS))

    assert b"usage" not in passed
    assert joiner.usage["prompt_tokens"] == 130


def test_a_name_that_comes_late_or_in_one_piece_with_its_ending() -> None:
    joiner = JoinedStream(CHAT)
    first = {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"arguments": ""}}]}
    named = {"tool_calls": [{"index": 0, "function": {"name": "read_file", "arguments": "{}"}}]}
    held = b"".join(OpenAIDialect(1).chunk({"id": "c"}, delta) for delta in (first,))
    passed = OpenAIDialect(1).chunk({"id": "c"}, named, "tool_calls")

    assert joiner.feed(held) == b""
    (told,) = events(joiner.feed(passed))
    assert told["choices"][0]["delta"]["tool_calls"] == [
        {
            "index": 0,
            "id": "call_1",
            "type": "function",
            "function": {"name": "read_file", "arguments": "{}"},
        }
    ]
    assert told["choices"][0]["finish_reason"] == "tool_calls"


@every_dialect
def test_errors_and_comments_pass(dialect: ApiDialect) -> None:
    joiner = JoinedStream(dialect)
    fed(joiner, stream(dialect, READS))
    joiner.go_on()
    error = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'

    assert joiner.feed(b": ping\n\n") == b": ping\n\n"
    assert b"busy" in joiner.feed(error)
    assert joiner.failed
