"""The providers over the official SDKs: one shape in, one shape out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from token_optimizer.providers.anthropic import DEFAULT_MAX_TOKENS, AnthropicProvider
from token_optimizer.providers.base import BaseProvider
from token_optimizer.providers.openai import OpenAIProvider

HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
PROVIDERS = [(OpenAIProvider, "gpt-4o", "stop"), (AnthropicProvider, "claude-sonnet-5", "end_turn")]
TOOL = {
    "type": "function",
    "function": {"name": "add", "description": "Adds.", "parameters": {"type": "object", "properties": {}}},
}


@pytest.mark.parametrize(("make", "model", "finish"), PROVIDERS)
def test_it_works(provider: MockProvider, make: type[BaseProvider], model: str, finish: str) -> None:
    provider.default = Reply(text="Four.", prompt_tokens=20, cached_tokens=5)
    answer = make().chat_completion(HELLO, model=model)
    answer.pop("id")
    assert answer == {
        "model": model,
        "choices": [{"message": {"role": "assistant", "content": "Four."}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21, "cached_tokens": 5},
    }


@pytest.mark.parametrize(("make", "model", "finish"), PROVIDERS)
def test_tool_calls_are_kept(
    provider: MockProvider, make: type[BaseProvider], model: str, finish: str
) -> None:
    calls = (ToolCall("add", '{"a": 1}'), ToolCall("add", '{"a": "é"}'))
    provider.default = Reply(text="Adding.", tool_calls=calls)
    choices = make().chat_completion(HELLO, model=model, tools=[TOOL])["choices"]
    assert len(choices) == 1
    message = choices[0]["message"]
    assert message["content"] == "Adding."
    assert [call["function"] for call in message["tool_calls"]] == [
        {"name": "add", "arguments": '{"a": 1}'},
        {"name": "add", "arguments": '{"a": "é"}'},
    ]


@pytest.mark.parametrize(("make", "model", "finish"), PROVIDERS)
def test_an_answer_goes_in_again(
    provider: MockProvider, make: type[BaseProvider], model: str, finish: str
) -> None:
    """A normalized message is a message: the conversation goes on with it, whatever the provider."""
    provider.script(Reply(text="", tool_calls=(ToolCall("add"), ToolCall("add"))))
    sdk = make()
    message = sdk.chat_completion(HELLO, model=model, tools=[TOOL])["choices"][0]["message"]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": str(number)}
        for number, call in enumerate(message["tool_calls"])
    ]
    sdk.chat_completion([*HELLO, message, *results], model=model, tools=[TOOL])
    sent = provider.requests[-1].json["messages"]
    if make is OpenAIProvider:
        assert sent == [*HELLO, message, *results]
    else:
        assert [part["type"] for part in sent[1]["content"]] == ["tool_use", "tool_use"]
        assert [(part["type"], part["content"]) for part in sent[2]["content"]] == [
            ("tool_result", "0"),
            ("tool_result", "1"),
        ]
        assert len(sent) == 3


def sent_to_anthropic(
    provider: MockProvider, messages: list[dict[str, Any]], **kwargs: Any
) -> dict[str, Any]:
    AnthropicProvider().chat_completion(messages, model="claude-sonnet-5", **kwargs)
    sent: dict[str, Any] = provider.requests[-1].json
    return sent


def test_all_system_messages_reach_anthropic_in_order(provider: MockProvider) -> None:
    parts = [{"type": "text", "text": "Third.", "cache_control": {"type": "ephemeral"}}]
    messages = [
        {"role": "system", "content": "First."},
        {"role": "user", "content": "Hello"},
        {"role": "developer", "content": "Second."},
        {"role": "system", "content": parts},
    ]
    sent = sent_to_anthropic(provider, messages)
    assert [part["text"] for part in sent["system"]] == ["First.", "Second.", "Third."]
    assert sent["system"][2] == parts[0]
    assert sent["messages"] == [{"role": "user", "content": "Hello"}]


def test_no_system_message_sends_no_system_field(provider: MockProvider) -> None:
    assert "system" not in sent_to_anthropic(provider, HELLO[1:])


def test_anthropic_gets_a_limit_where_none_is_given(provider: MockProvider) -> None:
    assert sent_to_anthropic(provider, HELLO)["max_tokens"] == DEFAULT_MAX_TOKENS
    assert sent_to_anthropic(provider, HELLO, max_tokens=7)["max_tokens"] == 7


def test_tools_reach_anthropic_in_its_shape(provider: MockProvider) -> None:
    own = {"name": "own", "input_schema": {"type": "object", "properties": {}}}
    bare = {"type": "function", "function": {"name": "now"}}
    sent = sent_to_anthropic(provider, HELLO, tools=[TOOL, own, bare])
    schema = {"type": "object", "properties": {}}
    assert sent["tools"] == [
        {"name": "add", "description": "Adds.", "input_schema": schema},
        own,
        {"name": "now", "input_schema": schema},
    ]


def test_a_key_given_is_the_key_sent(provider: MockProvider) -> None:
    OpenAIProvider("sk-given").chat_completion(HELLO, model="gpt-4o")
    AnthropicProvider("sk-ant-given").chat_completion(HELLO, model="claude-sonnet-5")
    assert provider.requests[0].headers["authorization"] == "Bearer sk-given"
    assert provider.requests[1].headers["authorization"] == "Bearer sk-ant-given"


def test_the_base_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        BaseProvider()  # type: ignore[abstract]
