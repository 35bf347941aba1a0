"""`TokenOptimizer.chat.completions.create`, sync and async, against a provider on a real socket."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion

from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from tests.token_optimizer.prompts import QUESTION, openai_request
from token_optimizer.errors import ConfigError
from token_optimizer.middleware import AsyncTokenOptimizer, TokenOptimizer
from token_optimizer.models import OptimizationStats
from token_optimizer.tokens.counts import count_body

STATS_FIELDS = {
    "trace_id",
    "tokens_before",
    "tokens_after",
    "tokens_saved",
    "compression_ratio",
    "route",
    "cache_hit",
    "fallback_used",
    "faithfulness_score",
    "latency_ms",
    "stage_timings",
    "tokens_retrieved",
    "tokens_replaced",
}


def check_sent(provider: MockProvider, stats: dict[str, Any], asked: dict[str, Any]) -> None:
    """What the provider received is what the stats say, and smaller than what was asked."""
    received = provider.requests[-1].json
    assert count_body(received, "openai", received["model"]) == stats["tokens_after"]
    assert count_body(asked, "openai", asked["model"]) == stats["tokens_before"]
    assert stats["tokens_saved"] > 10_000
    assert received["messages"][0] == asked["messages"][0]
    assert received["messages"][-1]["content"] == QUESTION
    assert "connection refused by db-3" in received["messages"][3]["content"]


def test_it_works(provider: MockProvider) -> None:
    asked = openai_request()
    answer = TokenOptimizer().chat.completions.create(**openai_request())
    assert isinstance(answer, ChatCompletion)
    assert answer.choices[0].message.content == provider.default.text
    assert set(answer.optimizer_stats) == STATS_FIELDS
    assert answer.usage.prompt_tokens == answer.optimizer_stats["tokens_after"]
    check_sent(provider, answer.optimizer_stats, asked)
    assert provider.requests[0].headers["authorization"] == "Bearer sk-of-the-provider"


def test_the_stats_are_part_of_the_dumped_answer(provider: MockProvider) -> None:
    answer = TokenOptimizer().chat.completions.create(**openai_request())
    assert json.loads(answer.model_dump_json())["optimizer_stats"] == answer.optimizer_stats


def test_a_stream(provider: MockProvider) -> None:
    stream = TokenOptimizer().chat.completions.create(
        **openai_request(), stream=True, stream_options={"include_usage": True}
    )
    assert isinstance(stream, openai.Stream)
    check_sent(provider, stream.optimizer_stats, openai_request())
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == provider.default.text
    assert chunks[-1].usage.prompt_tokens == stream.optimizer_stats["tokens_after"]


async def test_async(provider: MockProvider) -> None:
    async with AsyncTokenOptimizer() as optimizer:
        answer = await optimizer.chat.completions.create(**openai_request())
    assert answer.choices[0].message.content == provider.default.text
    check_sent(provider, answer.optimizer_stats, openai_request())


async def test_an_async_stream(provider: MockProvider) -> None:
    stream = await AsyncTokenOptimizer().chat.completions.create(**openai_request(), stream=True)
    assert isinstance(stream, openai.AsyncStream)
    pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(pieces) == provider.default.text
    check_sent(provider, stream.optimizer_stats, openai_request())


def test_tool_calls_come_back_and_go_in_again(provider: MockProvider) -> None:
    """The SDK's own message object, appended to the history, reaches the provider as it came."""
    optimizer = TokenOptimizer()
    request = openai_request()
    provider.script(Reply(text="", tool_calls=(ToolCall("read_log", '{"host":"db-1"}'),)))
    message = optimizer.chat.completions.create(**request).choices[0].message
    assert message.tool_calls[0].function.arguments == '{"host":"db-1"}'
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "nothing there"}
    request["messages"] += [message, result]
    optimizer.chat.completions.create(**request)
    sent = provider.requests[-1].json["messages"]
    call = {"name": "read_log", "arguments": '{"host":"db-1"}'}
    assert [made["function"] for made in sent[-2]["tool_calls"]] == [call]
    assert sent[-1] == result


def test_messages_may_be_a_generator(provider: MockProvider) -> None:
    request = openai_request()
    request["messages"] = (message for message in request["messages"])
    answer = TokenOptimizer().chat.completions.create(**request)
    check_sent(provider, answer.optimizer_stats, openai_request())


def test_the_callers_messages_are_not_changed(provider: MockProvider) -> None:
    request = openai_request()
    TokenOptimizer().chat.completions.create(**request)
    assert request == openai_request()


def test_other_arguments_pass_through(provider: MockProvider) -> None:
    TokenOptimizer().chat.completions.create(
        **openai_request(),
        temperature=0.25,
        seed=7,
        response_format={"type": "json_object"},
        user=openai.NOT_GIVEN,
        top_p=openai.omit,
        extra_headers={"x-mine": "kept"},
        extra_query={"version": "2"},
        extra_body={"reasoning": {"effort": "low"}},
        timeout=20,
    )
    received = provider.requests[0]
    fields = {"temperature": 0.25, "seed": 7, "response_format": {"type": "json_object"}}
    assert received.json.items() >= {**fields, "reasoning": {"effort": "low"}}.items()
    assert not {"user", "top_p", "timeout", "extra_body"} & set(received.json)
    assert received.headers["x-mine"] == "kept"
    assert received.path == "/v1/chat/completions?version=2"


def test_parts_that_are_no_text_pass_through(provider: MockProvider) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    content = [{"type": "text", "text": "What is this?"}, image]
    TokenOptimizer().chat.completions.create(messages=[{"role": "user", "content": content}])
    assert provider.requests[0].json["messages"][0]["content"] == content


def test_the_model_is_the_target_model_where_none_is_given(provider: MockProvider) -> None:
    TokenOptimizer(target_model="gpt-4.1").chat.completions.create(messages=openai_request()["messages"])
    assert provider.requests[0].json["model"] == "gpt-4.1"


def test_the_optimizers_own_arguments_are_not_sent(provider: MockProvider) -> None:
    TokenOptimizer().chat.completions.create(
        **openai_request(), budget_tokens=1500, query="db-3", documents=[{"title": "Hosts", "text": "db-3"}]
    )
    assert not {"budget_tokens", "query", "documents"} & set(provider.requests[0].json)


def test_a_budget_holds(provider: MockProvider) -> None:
    answer = TokenOptimizer().chat.completions.create(**openai_request(), budget_tokens=900)
    assert answer.optimizer_stats["tokens_after"] <= 900


@pytest.mark.parametrize("budget", [0, -1, 1.5, "900", True])
def test_a_budget_that_is_none_is_refused(provider: MockProvider, budget: Any) -> None:
    optimizer = TokenOptimizer()
    with pytest.raises(ConfigError, match=f"budget_tokens .* not {budget!r}"):
        optimizer.chat.completions.create(**openai_request(), budget_tokens=budget)
    assert provider.requests == []
    assert optimizer.metrics.snapshot()["events"] == {}


def test_a_client_may_be_brought_along(provider: MockProvider) -> None:
    client = openai.OpenAI(api_key="sk-brought-along", max_retries=0)
    TokenOptimizer(openai_client=client).chat.completions.create(**openai_request())
    assert provider.requests[0].headers["authorization"] == "Bearer sk-brought-along"


def test_the_optimizers_key_does_not_reach_the_provider(provider: MockProvider) -> None:
    TokenOptimizer(api_key="tok_mine").chat.completions.create(**openai_request())
    received = provider.requests[0]
    assert b"tok_mine" not in received.raw
    assert "tok_mine" not in str(dict(received.headers))


def test_stats_fields_follow_the_public_contract() -> None:
    made = {field.name for field in dataclasses.fields(OptimizationStats)}
    assert set(OptimizationStats("t", 1, 1).as_dict()) == STATS_FIELDS
    assert {"tools", "compacted", "blocks"} <= made


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, openai.BadRequestError), (401, openai.AuthenticationError), (429, openai.RateLimitError)],
)
def test_an_error_of_the_provider_is_the_sdks_own(
    provider: MockProvider, status: int, error: type[openai.APIStatusError]
) -> None:
    optimizer = TokenOptimizer(openai_client=openai.OpenAI(max_retries=0))
    provider.script(Reply(status=status, retry_after="7", message="no, said the provider"))
    with pytest.raises(error, match="no, said the provider") as caught:
        optimizer.chat.completions.create(**openai_request())
    assert caught.value.status_code == status
    assert caught.value.response.headers["retry-after"] == "7"
    assert optimizer.metrics.snapshot()["events"]["provider_error"] == 1


async def test_an_error_of_the_provider_in_async(provider: MockProvider) -> None:
    optimizer = AsyncTokenOptimizer()
    provider.script(Reply(status=404), Reply(cut_after=3))
    with pytest.raises(openai.NotFoundError):
        await optimizer.chat.completions.create(**openai_request())
    assert optimizer.metrics.snapshot()["events"]["provider_error"] == 1
    stream = await optimizer.chat.completions.create(**openai_request(), stream=True)
    with pytest.raises(openai.APIConnectionError):
        _ = [event async for event in stream]
    assert optimizer.metrics.snapshot()["events"]["provider_error"] == 2


def test_a_stream_that_breaks_is_seen_as_broken(provider: MockProvider) -> None:
    provider.script(Reply(cut_after=3))
    optimizer = TokenOptimizer()
    stream = optimizer.chat.completions.create(**openai_request(), stream=True)
    with pytest.raises(openai.APIConnectionError):
        list(stream)
    assert len(provider.requests) == 1
    assert optimizer.metrics.snapshot()["events"]["provider_error"] == 1
