"""`TokenOptimizer.messages.create`, sync and async, against a provider on a real socket."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic.types import Message

from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from tests.token_optimizer.prompts import QUESTION, anthropic_request
from token_optimizer.middleware import AsyncTokenOptimizer, TokenOptimizer
from token_optimizer.tokens.counts import count_body


def check_sent(provider: MockProvider, stats: dict[str, Any]) -> None:
    """What the provider received is what the stats say, and smaller than what was asked."""
    received, asked = provider.requests[-1].json, anthropic_request()
    assert count_body(received, "anthropic", received["model"]) == stats["tokens_after"]
    assert count_body(asked, "anthropic", asked["model"]) == stats["tokens_before"]
    assert stats["tokens_saved"] > 10_000
    assert received["system"] == asked["system"]
    assert received["max_tokens"] == asked["max_tokens"]
    assert received["messages"][-1]["content"] == QUESTION
    assert "connection refused by db-3" in str(received["messages"][2]["content"])


def test_it_works(provider: MockProvider) -> None:
    answer = TokenOptimizer().messages.create(**anthropic_request())
    assert isinstance(answer, Message)
    assert answer.content[0].text == provider.default.text
    assert answer.usage.input_tokens == answer.optimizer_stats["tokens_after"]
    check_sent(provider, answer.optimizer_stats)
    assert provider.requests[0].headers["authorization"] == "Bearer sk-ant-of-the-provider"
    assert answer.model_dump(mode="json")["optimizer_stats"] == answer.optimizer_stats


def test_a_stream(provider: MockProvider) -> None:
    stream = TokenOptimizer().messages.create(**anthropic_request(), stream=True)
    assert isinstance(stream, anthropic.Stream)
    check_sent(provider, stream.optimizer_stats)
    events = list(stream)
    assert events[0].message.usage.input_tokens == stream.optimizer_stats["tokens_after"]
    texts = [event.delta.text for event in events if event.type == "content_block_delta"]
    assert "".join(texts) == provider.default.text


async def test_async(provider: MockProvider) -> None:
    answer = await AsyncTokenOptimizer().messages.create(**anthropic_request())
    assert answer.content[0].text == provider.default.text
    check_sent(provider, answer.optimizer_stats)


async def test_an_async_stream(provider: MockProvider) -> None:
    stream = await AsyncTokenOptimizer().messages.create(**anthropic_request(), stream=True)
    assert isinstance(stream, anthropic.AsyncStream)
    assert [event.type async for event in stream][-1] == "message_stop"
    check_sent(provider, stream.optimizer_stats)


def test_tool_calls_come_back_and_go_in_again(provider: MockProvider) -> None:
    """The SDK's own content blocks, appended to the history, reach the provider as they came."""
    optimizer = TokenOptimizer()
    request = anthropic_request()
    provider.script(Reply(text="Let me look.", tool_calls=(ToolCall("read_log", '{"host":"db-1"}'),)))
    answer = optimizer.messages.create(**request)
    use = answer.content[1]
    assert (use.type, use.input) == ("tool_use", {"host": "db-1"})
    result = {"type": "tool_result", "tool_use_id": use.id, "content": "nothing there"}
    request["messages"] += [
        {"role": "assistant", "content": answer.content},
        {"role": "user", "content": [result]},
    ]
    optimizer.messages.create(**request)
    sent = provider.requests[-1].json["messages"]
    expected = {"type": "tool_use", "id": use.id, "name": "read_log", "input": {"host": "db-1"}}
    assert sent[-2]["content"] == [{"type": "text", "text": "Let me look."}, expected]
    assert sent[-1]["content"] == [result]


def test_other_arguments_pass_through(provider: MockProvider) -> None:
    TokenOptimizer().messages.create(
        **anthropic_request(),
        metadata={"user_id": "u1"},
        stop_sequences=["END"],
        thinking=anthropic.NOT_GIVEN,
        extra_headers={"anthropic-beta": "something-new"},
    )
    received = provider.requests[0]
    assert received.json.items() >= {"metadata": {"user_id": "u1"}, "stop_sequences": ["END"]}.items()
    assert "thinking" not in received.json
    assert received.headers["anthropic-beta"] == "something-new"


def test_a_file_given_by_its_path_is_sent_by_the_sdk(provider: MockProvider, tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    path.write_bytes(b"not much of an image")
    source = {"type": "base64", "media_type": "image/png", "data": path}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}]
    TokenOptimizer().messages.create(
        model="claude-sonnet-5", max_tokens=9, messages=[{"role": "user", "content": content}]
    )
    sent = provider.requests[0].json["messages"][0]["content"]
    assert base64.b64decode(sent[0]["source"]["data"]) == b"not much of an image"


def test_cache_marks_stay_where_they_are(provider: MockProvider) -> None:
    mark = {"type": "ephemeral"}
    system = [{"type": "text", "text": "You answer in one line.", "cache_control": mark}]
    TokenOptimizer().messages.create(**{**anthropic_request(), "system": system})
    assert provider.requests[0].json["system"] == system


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, anthropic.BadRequestError), (429, anthropic.RateLimitError), (529, anthropic.InternalServerError)],
)
def test_an_error_of_the_provider_is_the_sdks_own(
    provider: MockProvider, status: int, error: type[anthropic.APIStatusError]
) -> None:
    optimizer = TokenOptimizer(anthropic_client=anthropic.Anthropic(max_retries=0))
    provider.script(Reply(status=status, retry_after="7"))
    with pytest.raises(error) as caught:
        optimizer.messages.create(**anthropic_request())
    assert caught.value.status_code == status
    assert caught.value.response.headers["retry-after"] == "7"
    assert optimizer.metrics.snapshot()["events"]["provider_error"] == 1


def test_a_missing_argument_is_the_callers_error_not_the_providers(provider: MockProvider) -> None:
    optimizer = TokenOptimizer()
    request = anthropic_request()
    del request["max_tokens"]
    with pytest.raises(TypeError, match="max_tokens"):
        optimizer.messages.create(**request)
    assert "provider_error" not in optimizer.metrics.snapshot()["events"]
