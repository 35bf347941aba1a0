"""Calls of `read_back` in whole answers: found, taken out, continued, and merged into one answer."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.answers import (
    ReadBackCall,
    added_usage,
    calls_of,
    continued,
    has_other_calls,
    merged,
    without_calls,
)

THINKING = {"type": "thinking", "thinking": "They ask for line 7.", "signature": "c2lnbmVk"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}


def _answer(dialect: Dialect, *names: str, text: str = "Looking. ", number: int = 1) -> dict[str, Any]:
    """An answer with a text and a call of each name."""
    if dialect == "openai":
        calls = [
            {
                "id": f"c{at}",
                "type": "function",
                "function": {"name": name, "arguments": '{"what": "482193"}'},
            }
            for at, name in enumerate(names)
        ]
        message = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
        message = {**message, "tool_calls": calls} if calls else message
        reason = "tool_calls" if calls else "stop"
        choices = [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}]
        details = {"cached_tokens": 4}
        usage: dict[str, Any] = {
            "prompt_tokens": 10,
            "completion_tokens": 2,
            "prompt_tokens_details": details,
        }
        return {"id": f"a{number}", "object": "chat.completion", "choices": choices, "usage": usage}
    if dialect == "anthropic":
        uses = [
            {"type": "tool_use", "id": f"c{at}", "name": name, "input": {"what": "482193"}}
            for at, name in enumerate(names)
        ]
        content = [THINKING, {"type": "text", "text": text}, *uses]
        reason = "tool_use" if uses else "end_turn"
        usage = {
            "input_tokens": 10,
            "output_tokens": 2,
            "cache_read_input_tokens": 4,
            "service_tier": "standard",
        }
        return {
            "id": f"a{number}",
            "role": "assistant",
            "content": content,
            "stop_reason": reason,
            "usage": usage,
        }
    items = [
        {
            "type": "function_call",
            "id": f"fc{at}",
            "call_id": f"c{at}",
            "name": name,
            "arguments": '{"what":"482193"}',
        }
        for at, name in enumerate(names)
    ]
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    usage = {"input_tokens": 10, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 4}}
    return {"id": f"a{number}", "status": "completed", "output": [REASONING, said, *items], "usage": usage}


def _body(dialect: Dialect) -> dict[str, Any]:
    key = "input" if dialect == "responses" else "messages"
    return {"model": "m", key: [{"role": "user", "content": "Which line?"}]}


DIALECTS: tuple[Dialect, ...] = ("openai", "anthropic", "responses")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_our_calls_are_found_and_taken_out(dialect: Dialect) -> None:
    answer = _answer(dialect, "search", "read_back")
    before = deepcopy(answer)
    assert calls_of(answer, dialect) == [ReadBackCall("c1", "482193")]
    assert has_other_calls(answer, dialect)
    assert without_calls(answer, dialect) == _answer(dialect, "search")
    assert answer == before


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_answer_of_our_call_alone_ends_as_if_there_was_none(dialect: Dialect) -> None:
    answer = _answer(dialect, "read_back")
    assert not has_other_calls(answer, dialect)
    assert without_calls(answer, dialect) == _answer(dialect)
    assert without_calls(_answer(dialect), dialect) == _answer(dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_next_request_has_the_answer_as_it_came_and_the_result(dialect: Dialect) -> None:
    body, answer = _body(dialect), _answer(dialect, "read_back")
    key = "input" if dialect == "responses" else "messages"
    sent = continued(body, answer, dialect, {"c0": "line 7"})
    assert sent[key][:1] == body[key]
    assert len(body[key]) == 1
    if dialect == "openai":
        message = answer["choices"][0]["message"]
        assert sent[key][1] == {name: message[name] for name in ("role", "content", "tool_calls")}
        assert sent[key][2] == {"role": "tool", "tool_call_id": "c0", "content": "line 7"}
    elif dialect == "anthropic":
        assert sent[key][1] == {"role": "assistant", "content": answer["content"]}
        result = {"type": "tool_result", "tool_use_id": "c0", "content": "line 7"}
        assert sent[key][2] == {"role": "user", "content": [result]}
    else:
        assert sent[key][1:-1] == answer["output"]
        assert sent[key][-1] == {"type": "function_call_output", "call_id": "c0", "output": "line 7"}


def test_a_text_as_input_becomes_the_message_that_it_is() -> None:
    sent = continued({"input": "Hi"}, _answer("responses", "read_back"), "responses", {"c0": "x"})
    assert sent["input"][0] == {"role": "user", "content": "Hi"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_client_sees_one_answer(dialect: Dialect) -> None:
    one = merged(_answer(dialect, "read_back"), _answer(dialect, text="It is 7.", number=2), dialect)
    assert one["id"] == "a1"
    assert not calls_of(one, dialect)
    if dialect == "openai":
        assert one["choices"][0]["message"]["content"] == "Looking. It is 7."
        assert one["choices"][0]["finish_reason"] == "stop"
        assert one["usage"]["prompt_tokens_details"] == {"cached_tokens": 8}
    elif dialect == "anthropic":
        texts = [{"type": "text", "text": "Looking. "}, {"type": "text", "text": "It is 7."}]
        assert one["content"] == [THINKING, texts[0], THINKING, texts[1]]
        assert one["usage"]["service_tier"] == "standard"
    else:
        assert [item["type"] for item in one["output"]] == ["reasoning", "message"] * 2
    assert 20 in one["usage"].values()


def test_usage_that_one_of_both_leaves_out_counts_as_it_is() -> None:
    first, second = {"input_tokens": 3, "cache_read_input_tokens": None}, {"input_tokens": 4, "x": {"y": 1}}
    total = {"input_tokens": 7, "cache_read_input_tokens": None, "x": {"y": 1}}
    assert added_usage(first, second, "anthropic") == total


@pytest.mark.parametrize(
    ("arguments", "what"),
    [('{"what": "482193"}', "482193"), ("{}", ""), ("not JSON", "not JSON"), ('{"what": 482193}', "482193")],
)
def test_arguments_of_any_shape_are_read(arguments: str, what: str) -> None:
    answer = _answer("openai", "read_back")
    answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] = arguments
    assert calls_of(answer, "openai") == [ReadBackCall("c0", what)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_no_answer_has_no_calls(dialect: Dialect) -> None:
    assert calls_of({"error": {"message": "busy"}}, dialect) == []
    assert calls_of({"choices": [None], "content": None, "output": "x"}, dialect) == []


def test_a_text_without_words_does_not_go_back() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "read_back", "input": {"what": "482193"}}
    answer = {"content": [{"type": "text", "text": "\n"}, THINKING, call]}
    body = continued({"messages": []}, answer, "anthropic", {"t1": "line 7"})

    assert body["messages"][0]["content"] == [THINKING, call]
