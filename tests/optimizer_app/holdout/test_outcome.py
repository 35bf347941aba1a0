"""What came of a request: endings, calls that fit their schema, and calls made again, in all dialects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from optimizer_app.holdout.outcome import Outcome
from token_optimizer.models import Dialect

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "lines": {"type": ["integer", "null"]},
        "mode": {"enum": ["fast", "whole"]},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "(a+)+$"}},
        "at": {"type": "object", "required": ["x"], "properties": {"x": {"type": "number"}}},
    },
    "required": ["path"],
}
BODIES: dict[Dialect, dict[str, Any]] = {
    "openai": {"tools": [{"type": "function", "function": {"name": "look", "parameters": SCHEMA}}]},
    "anthropic": {"tools": [{"name": "look", "input_schema": SCHEMA}]},
    "responses": {"tools": [{"type": "function", "name": "look", "parameters": SCHEMA}]},
}


def answer(dialect: Dialect, *arguments: Any, finish: str = "tool_calls") -> dict[str, Any]:
    """An answer with a call of `look` for each of the arguments, written as the dialect does."""
    texts = [text if isinstance(text, str) else json.dumps(text) for text in arguments]
    if dialect == "anthropic":
        calls = [{"type": "tool_use", "name": "look", "input": item} for item in arguments]
        return {"content": [{"type": "text", "text": "So."}, *calls], "stop_reason": finish}
    if dialect == "responses":
        items = [{"type": "function_call", "name": "look", "arguments": text} for text in texts]
        return {"output": items, "status": finish}
    calls = [{"type": "function", "function": {"name": "look", "arguments": text}} for text in texts]
    return {"choices": [{"message": {"content": None, "tool_calls": calls}, "finish_reason": finish}]}


def outcome(dialect: Dialect, said: Any) -> Outcome:
    return Outcome(1).answered(said, BODIES[dialect], dialect)


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "responses"])
@pytest.mark.parametrize(
    ("arguments", "fits"),
    [
        ({"path": "/a"}, True),
        ({"path": "/a", "lines": 3, "mode": "fast", "tags": ["a"], "at": {"x": 1.5}, "more": 1}, True),
        ({"path": "/a", "lines": None}, True),
        ({"path": "/a", "lines": 3.0}, True),
        ({}, False),
        ({"path": 7}, False),
        ({"path": "/a", "lines": True}, False),
        ({"path": "/a", "mode": "slow"}, False),
        ({"path": "/a", "tags": ["a", 1]}, False),
        ({"path": "/a", "at": {}}, False),
        (["path"], False),
    ],
)
def test_calls_fit_their_schema_or_not(dialect: Dialect, arguments: Any, fits: bool) -> None:
    found = outcome(dialect, answer(dialect, arguments))
    assert (found.calls, found.invalid) == (1, 0 if fits else 1)


@pytest.mark.parametrize("dialect", ["openai", "responses"])
def test_arguments_that_do_not_read(dialect: Dialect) -> None:
    found = outcome(dialect, answer(dialect, '{"path": "/a', {"path": "/b"}))
    assert (found.calls, found.invalid) == (2, 1)


def test_a_hostile_pattern_is_not_run() -> None:
    found = outcome("openai", answer("openai", {"path": "/a", "tags": ["a" * 40 + "!"]}))
    assert found.invalid == 0


@pytest.mark.parametrize(
    ("dialect", "said", "finish"),
    [
        ("openai", answer("openai", finish="stop"), "stop"),
        ("openai", answer("openai", finish="length"), "length"),
        ("anthropic", answer("anthropic", finish="max_tokens"), "length"),
        ("anthropic", answer("anthropic", finish="end_turn"), "end_turn"),
        ("responses", answer("responses", finish="completed"), "completed"),
        (
            "responses",
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []},
            "length",
        ),
    ],
)
def test_endings(dialect: Dialect, said: Any, finish: str) -> None:
    assert outcome(dialect, said).finish == finish


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "responses"])
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"choices": None, "content": 3, "output": "x", "stop_reason": 1},
        {
            "choices": [{"message": "no object"}, None],
            "content": [None],
            "output": [{"type": "function_call"}],
        },
    ],
)
def test_answers_of_any_shape_are_read(dialect: Dialect, said: Any) -> None:
    outcome(dialect, said)


def calls_again(times: int) -> list[dict[str, Any]]:
    """A run of an agent that makes one call so many times."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Mend it."}]
    for number in range(times):
        function = {"name": "look", "arguments": '{"path": "/a"}'}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": "rows"})
    return messages


def test_what_is_known_before_the_answer() -> None:
    once, again = ({"messages": calls_again(times)} for times in (1, 2))
    assert Outcome.of_request(b"one", once, "openai").repeated == 0
    assert Outcome.of_request(b"one", again, "openai").repeated == 1
    assert Outcome.of_request(b"one", {"messages": 3}, "openai").repeated == 0
    assert (
        Outcome.of_request(b"one", once, "openai").digest == Outcome.of_request(b"one", {}, "openai").digest
    )
    assert (
        Outcome.of_request(b"one", once, "openai").digest != Outcome.of_request(b"two", once, "openai").digest
    )
