"""Streams with placeholders that are split at every place: what the client puts together is the original."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from tests.provider.mock_dialects import AnthropicDialect, OpenAIDialect, Reply, ToolCall
from tests.provider.mock_responses import ResponsesDialect
from token_optimizer.masking.masker import Masker
from token_optimizer.masking.streams.by_dialect import RESTORERS
from token_optimizer.models import Dialect

KEY = 'a "quoted"\nkey \\'
MAIL = "jo@example.com"
MOCKS: dict[Dialect, Any] = {
    "openai": OpenAIDialect(1),
    "anthropic": AnthropicDialect(1),
    "responses": ResponsesDialect(1),
}
BODY = {"model": "gpt-4o", "messages": [], "input": "", "stream": True}
CUT = "<ema"


def masked() -> tuple[Masker, str, str]:
    mask = Masker(["email"], [], "key")
    return mask, mask.placeholder(MAIL, "email"), mask.placeholder(KEY, "custom")


def events_of(dialect: Dialect, reply: Reply) -> list[dict[str, Any]]:
    lines = b"".join(MOCKS[dialect].events(BODY, reply)).splitlines()
    found = [line.removeprefix(b"data: ") for line in lines if line.startswith(b"data: ")]
    return [json.loads(data) for data in found if data != b"[DONE]"]


def restored(dialect: Dialect, mask: Masker, events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    restorer = RESTORERS[dialect](mask.originals())
    passed = [seen for event in events for seen in restorer.passed(event)]
    return [*passed, *restorer.closing()]


def told(dialect: Dialect, events: list[dict[str, Any]]) -> tuple[str, str]:
    """Text and arguments, as a client puts them together."""
    text = arguments = ""
    for event in events:
        if dialect == "openai":
            delta = event["choices"][0]["delta"]
            text += delta.get("content") or ""
            arguments += "".join(call["function"]["arguments"] for call in delta.get("tool_calls") or ())
        elif event["type"] == "content_block_delta":
            text += event["delta"].get("text", "")
            arguments += event["delta"].get("partial_json", "")
        elif event["type"].endswith("output_text.delta"):
            text += event["delta"]
        elif event["type"].endswith("arguments.delta"):
            arguments += event["delta"]
    return text, arguments


@pytest.mark.parametrize("chars", [1, 2, 3, 7, 13, 1000])
@pytest.mark.parametrize("dialect", RESTORERS)
def test_a_placeholder_that_is_split_comes_back_whole(dialect: Dialect, chars: int) -> None:
    mask, mail, key = masked()
    arguments = json.dumps({"to": mail, "key": key, "n": "<b>"})
    text = f"Wrote to {mail} <b>and</b> {mail}{mail}, 1 < 2 {CUT}"
    reply = Reply(text=text, tool_calls=(ToolCall("send", arguments),), piece_chars=chars)
    events = restored(dialect, mask, events_of(dialect, reply))
    said, given = told(dialect, events)
    assert said == text.replace(mail, MAIL)
    assert json.loads(given) == {"to": MAIL, "key": KEY, "n": "<b>"}
    assert mail not in json.dumps(events)
    if dialect == "responses":
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        whole = events[-1]["response"]["output"]
        assert whole[0]["content"][0]["text"] == said
        assert json.loads(whole[1]["arguments"]) == json.loads(given)


@pytest.mark.parametrize("dialect", RESTORERS)
def test_no_more_is_held_back_than_a_placeholder_is_long(dialect: Dialect) -> None:
    mask, mail, _ = masked()
    text = f"{mail[:-1]} " * 20 + "<" * 50 + mail
    events = events_of(dialect, Reply(text=text, piece_chars=1))
    restorer = RESTORERS[dialect](mask.originals())
    came: list[dict[str, Any]] = []
    passed: list[dict[str, Any]] = []
    longest = max(map(len, mask.mapping()))
    for event in events:
        came.append(event)
        passed += restorer.passed(event)
        assert len(told(dialect, came)[0]) - len(told(dialect, passed)[0]) < longest or MAIL in str(passed)
    assert told(dialect, passed)[0] == text.replace(mail, MAIL)


@pytest.mark.parametrize("dialect", RESTORERS)
def test_a_stream_that_breaks_off_tells_all_that_came(dialect: Dialect) -> None:
    mask, mail, _ = masked()
    events = [
        event
        for event in events_of(dialect, Reply(text=f"Hi {mail[:5]}", piece_chars=4))
        if told(dialect, [event])[0]
    ]
    assert told(dialect, restored(dialect, mask, events))[0] == f"Hi {mail[:5]}"


@pytest.mark.parametrize("dialect", RESTORERS)
def test_events_without_a_placeholder_are_as_they_came(dialect: Dialect) -> None:
    mask, _, _ = masked()
    events = events_of(dialect, Reply(text="2 < 3", thinking="I think", tool_calls=(ToolCall("f"),)))
    assert restored(dialect, mask, events) == events


def test_signed_reasoning_stays_as_it_was_signed() -> None:
    mask, mail, _ = masked()
    events = restored("anthropic", mask, events_of("anthropic", Reply(thinking=f"to {mail}?")))
    assert [event["delta"]["thinking"] for event in events if "thinking" in event.get("delta", {})] == [
        f"to {mail}?"
    ]
