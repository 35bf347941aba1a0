"""Streams in any pieces: what is noted, and what is passed on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.dialects.base import ApiDialect
from gateway.dialects.chat import CHAT
from gateway.dialects.messages import MESSAGES
from gateway.dialects.sse import StreamTap, data_of
from optimizer_app.optimize.usage import UNKNOWN_USAGE, Usage

TEXT = {"choices": [{"index": 0, "delta": {"content": 'say ,"usage":null and [DONE]'}}]}
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}


def event(payload: Any, end: str = "\n\n") -> bytes:
    return f"data: {json.dumps(payload)}{end}".encode()


def fed(tap: StreamTap, data: bytes, size: int) -> bytes:
    """What is passed on when the data comes in pieces of a size."""
    pieces = [tap.feed(data[start : start + size]) for start in range(0, len(data), size)]
    return b"".join(pieces) + tap.rest()


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_usage_is_noted_and_taken_out(size: int, end: str) -> None:
    tap = CHAT.tap(strip_usage=True)
    asked = event({**TEXT, "usage": None}, end) + event({"choices": [], "usage": USAGE}, end)
    closing = f": comment{end}data: [DONE]{end}".encode()

    assert fed(tap, asked + closing, size) == event(TEXT, end) + closing
    assert CHAT.usage(tap.usage) == Usage(input_tokens=9, cached_tokens=4, output_tokens=3)
    assert tap.finished


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("dialect", [CHAT, MESSAGES])
def test_nothing_is_held_back_otherwise(dialect: ApiDialect, size: int) -> None:
    tap = dialect.tap()
    data = event({**TEXT, "usage": None}) + b"data: half an eve"
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        assert tap.feed(piece) == piece
    assert tap.rest() == b""
    assert not tap.finished


def test_null_usage_in_other_places() -> None:
    tap = CHAT.tap(strip_usage=True)
    first = b'data: {"usage":null,"choices":[{"delta":{}}]}\n\n'
    spaced = b'data: {"choices":[{"delta":{}}] , "usage" : null }\n\n'

    assert tap.feed(first) == b'data: {"choices":[{"delta":{}}]}\n\n'
    assert tap.feed(spaced) == b'data: {"choices":[{"delta":{}}]  }\n\n'
    assert tap.feed(event(TEXT)) == event(TEXT)


def test_usage_beside_text_is_passed_on() -> None:
    """Some providers send it with the last text, asked or not."""
    tap = CHAT.tap(strip_usage=True)
    data = event({**TEXT, "usage": USAGE})

    assert tap.feed(data) == data
    assert CHAT.usage(tap.usage).input_tokens == 9


def test_anthropic_usage_is_the_latest_of_each_number() -> None:
    start = {"input_tokens": 5, "cache_read_input_tokens": 70, "cache_creation_input_tokens": 25}
    tap = MESSAGES.tap()
    tap.feed(event({"type": "message_start", "message": {"usage": {**start, "output_tokens": 1}}}))
    tap.feed(event({"type": "message_delta", "usage": {"output_tokens": 12, "input_tokens": None}}))
    assert not tap.finished
    tap.feed(b"event: message_stop\n" + event({"type": "message_stop"}))

    assert MESSAGES.usage(tap.usage) == Usage(100, 70, 25, 12)
    assert tap.finished


@pytest.mark.parametrize("dialect", [CHAT, MESSAGES])
def test_error_within_a_stream(dialect: ApiDialect) -> None:
    tap = dialect.tap()
    tap.feed(event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}))
    assert tap.failed


def test_a_text_about_errors_is_none() -> None:
    tap = MESSAGES.tap()
    delta = {"type": "text_delta", "text": '{"type":"error"} message_stop "usage"'}
    tap.feed(event({"type": "content_block_delta", "delta": delta}))
    assert not tap.failed
    assert not tap.finished


@pytest.mark.parametrize("data", [b"data: {broken\n\n", b"data: 5\n\n", b"\n\n\n\n", b"\xff\xfe\n\n"])
def test_garbage_is_passed_on(data: bytes) -> None:
    assert CHAT.tap(strip_usage=True).feed(data) == data
    assert MESSAGES.tap().feed(data) == data


def test_numbers_that_cannot_be_kept_are_not_said() -> None:
    tap = CHAT.tap()
    tap.feed(event({"choices": [], "usage": {"prompt_tokens": -1, "completion_tokens": 2**40}}))
    assert CHAT.usage(tap.usage) == UNKNOWN_USAGE


@pytest.mark.parametrize(
    ("lines", "data"),
    [
        (b"data: one\n\n", b"one"),
        (b"data:one\r\n\r\n", b"one"),
        (b"event: named\ndata:  one \n\n", b"one"),
        (b"data: one\n: comment\ndata: two\nid: 3\n\n", b"one\ntwo"),
        (b"data: one\r\ndata:\r\ndata: two\r\n\r\n", b"one\n\ntwo"),
        (b": data: no\n\n", b""),
    ],
)
def test_data_of_events(lines: bytes, data: bytes) -> None:
    assert data_of(lines) == data


def test_null_usage_within_a_choice_stays() -> None:
    data = b'data: {"choices":[{"delta":{},"usage":null}]}\n\n'
    assert CHAT.tap(strip_usage=True).feed(data) == data
