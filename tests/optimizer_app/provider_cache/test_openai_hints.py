"""Keys and breakpoints for OpenAI's cache."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer_app.provider_cache.openai_hints import cache_key, with_breakpoint

LONG = "You are a clerk of the harbour office. " * 120
USER = {"role": "user", "content": "Hi."}


def chat(system: str, *more: Any) -> dict[str, Any]:
    return {"model": "gpt-5.6", "messages": [{"role": "system", "content": system}, *more]}


def test_prompts_that_begin_alike_have_one_key() -> None:
    key = cache_key(chat(LONG, USER), "secret")

    assert key == cache_key(chat(LONG, USER, {"role": "assistant", "content": "Yes?"}, USER), "secret")
    # They differ only behind the shortest prefix that is cached.
    assert key == cache_key(chat(LONG + "Today is Friday.", USER), "secret")
    assert key != cache_key(chat("Today is Friday. " + LONG, USER), "secret")
    assert key != cache_key(chat(LONG, USER), "another project's")
    assert "clerk" not in key


@pytest.mark.parametrize("continued", [{"previous_response_id": "resp_1"}, {"conversation": "conv_1"}, {}])
def test_a_body_that_may_not_show_the_beginning_has_no_key(continued: dict[str, Any]) -> None:
    body = {"model": "gpt-5.6", "input": [{"role": "developer", "content": LONG}, USER], **continued}
    assert cache_key(body, "secret") == ""
    # Instructions come with every turn.
    assert cache_key({**body, "instructions": LONG}, "secret") == cache_key(
        {"model": "gpt-5.6", "input": "Hi.", "instructions": LONG}, "secret"
    )


def test_a_breakpoint_ends_the_instructions() -> None:
    marked = with_breakpoint(chat(LONG, USER))
    assert marked is not None
    assert marked["messages"][0]["content"] == [
        {"type": "text", "text": LONG, "prompt_cache_breakpoint": {"mode": "explicit"}}
    ]
    assert marked["messages"][1] == USER

    items = with_breakpoint({"input": [{"role": "developer", "content": LONG}, USER]})
    assert items is not None
    assert items["input"][0]["content"][0]["type"] == "input_text"


@pytest.mark.parametrize(
    "body", [chat("Be brief.", USER), {"messages": [USER]}, {"input": "Hi."}, {"input": LONG}]
)
def test_what_is_too_short_or_not_there_is_not_marked(body: dict[str, Any]) -> None:
    assert with_breakpoint(body) is None
