"""`wrap`: clients of the official SDKs, of every class and with all their calls, on real sockets."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pydantic
import pytest

from tests.provider.mock_dialects import AnthropicDialect
from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from tests.servers.local_server import Received, Wire
from tests.token_optimizer.prompts import LOG, QUESTION, anthropic_request, openai_request
from token_optimizer import wrap
from token_optimizer.errors import ConfigError

RESPONSES_REQUEST = {
    "model": "gpt-4o",
    "store": False,
    "input": [
        {"role": "user", "content": "Read the log, please."},
        {"type": "function_call", "call_id": "call_1", "name": "read_log", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": LOG},
        {"role": "user", "content": QUESTION},
    ],
}


class CloudProvider(MockProvider):
    """Anthropic's models as Vertex and Bedrock serve them: the model stands in the path."""

    def answer(self, request: Received, wire: Wire) -> None:
        if request.path.endswith((":rawPredict", "/invoke")):
            asked = dataclasses.replace(request, path="/v1/messages")
            asked.__dict__["json"] = {"model": "claude", **request.json}
            self._complete(asked, AnthropicDialect(1), wire)
        else:
            super().answer(request, wire)


def check(provider: MockProvider, stats: dict[str, Any]) -> None:
    """The log was cut in what the provider received."""
    assert stats["tokens_saved"] > 10_000
    assert len(provider.requests[-1].raw) < len(LOG) / 2
    assert b"connection refused by db-3" in provider.requests[-1].raw
    assert b"token_optimizer" not in provider.requests[-1].raw


def sync_clients(provider: MockProvider) -> dict[str, Callable[[], Any]]:
    url = provider.url
    return {
        "openai": openai.OpenAI,
        "azure": lambda: openai.AzureOpenAI(azure_endpoint=url, api_key="azure", api_version="2025-01-01"),
        "anthropic": anthropic.Anthropic,
        "bedrock": lambda: anthropic.AnthropicBedrock(base_url=url, api_key="bearer", aws_region="eu-west-1"),
        "vertex": lambda: anthropic.AnthropicVertex(
            base_url=url, access_token="ya29", project_id="p", region="europe-west1"
        ),
    }


def create(client: Any, **more: Any) -> Any:
    """Ask as the client's SDK has it."""
    if hasattr(client, "chat"):
        return client.chat.completions.create(**openai_request(), **more)
    return client.messages.create(**anthropic_request(), **more)


@pytest.mark.parametrize("kind", ["openai", "azure", "anthropic", "bedrock", "vertex"])
def test_every_class_of_client(provider: MockProvider, kind: str) -> None:
    with CloudProvider() as cloud:
        at = cloud if kind in ("bedrock", "vertex") else provider
        client = sync_clients(at)[kind]()
        wrapped = wrap(client)
        answer = create(wrapped)
        assert isinstance(wrapped, type(client))
        check(at, answer.optimizer_stats)
        # The client that was given sends what it is given.
        create(client)
        assert len(at.requests[-1].raw) > len(LOG)


@pytest.mark.parametrize("sdk_class", [openai.AsyncOpenAI, anthropic.AsyncAnthropic])
def test_async_clients(provider: MockProvider, sdk_class: type) -> None:
    async def ask() -> dict[str, Any]:
        answer = await create(wrap(sdk_class()))
        stats: dict[str, Any] = answer.optimizer_stats
        return stats

    check(provider, asyncio.run(ask()))


def test_streams_of_create(provider: MockProvider) -> None:
    for client in (wrap(openai.OpenAI()), wrap(anthropic.Anthropic())):
        stream = create(client, stream=True)
        assert list(stream)
        check(provider, stream.optimizer_stats)


def test_the_stream_helpers(provider: MockProvider) -> None:
    with wrap(openai.OpenAI()).chat.completions.stream(**openai_request()) as stream:
        assert stream.get_final_completion().choices[0].message.content == provider.default.text
    assert len(provider.requests[-1].raw) < len(LOG) / 2
    with wrap(anthropic.Anthropic()).messages.stream(**anthropic_request()) as events:
        assert events.get_final_text() == provider.default.text
    assert len(provider.requests[-1].raw) < len(LOG) / 2


class Host(pydantic.BaseModel):
    name: str


def test_parse(provider: MockProvider) -> None:
    provider.script(Reply(text='{"name": "db-3"}'))
    answer = wrap(openai.OpenAI()).chat.completions.parse(
        messages=openai_request()["messages"], model="gpt-4o", response_format=Host
    )
    assert answer.choices[0].message.parsed == Host(name="db-3")
    check(provider, answer.optimizer_stats)


def test_responses(provider: MockProvider) -> None:
    client = wrap(openai.OpenAI())
    answer = client.responses.create(**RESPONSES_REQUEST)
    assert answer.output_text == provider.default.text
    check(provider, answer.optimizer_stats)
    stream = client.responses.create(**RESPONSES_REQUEST, stream=True)
    assert list(stream)[-1].type == "response.completed"
    check(provider, stream.optimizer_stats)


def test_raw_answers(provider: MockProvider) -> None:
    raw = wrap(openai.OpenAI()).chat.completions.with_raw_response.create(**openai_request())
    assert raw.parse().choices[0].message.content == provider.default.text
    assert raw.http_response.status_code == 200
    check(provider, raw.optimizer_stats)
    # Nobody would answer the model's call in an answer that nobody reads.
    names = [tool["function"]["name"] for tool in provider.requests[-1].json["tools"]]
    assert names == ["read_log"]


def test_masked_texts_and_raw_answers_do_not_go_together(provider: MockProvider) -> None:
    client = wrap(openai.OpenAI(), mask_detectors=["email"])
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Write to ann@example.com."}]}
    client.chat.completions.create(**asked)
    assert b"ann@example.com" not in provider.requests[-1].raw
    with pytest.raises(ConfigError, match="raw answer"):
        client.chat.completions.with_raw_response.create(**asked)


def test_with_options_stays_optimized(provider: MockProvider) -> None:
    client = wrap(openai.OpenAI()).with_options(max_retries=0, default_headers={"x-team": "search"})
    check(provider, create(client).optimizer_stats)
    assert provider.requests[-1].headers["x-team"] == "search"
    provider.script(Reply(status=500))
    with pytest.raises(openai.InternalServerError):
        create(client)
    assert len(provider.requests) == 2


def test_what_has_no_prompt_passes_through(provider: MockProvider) -> None:
    assert [model.id for model in wrap(openai.OpenAI()).models.list()] == ["mock"]
    count = wrap(anthropic.Anthropic()).messages.count_tokens(
        model="claude-sonnet-5", messages=[{"role": "user", "content": LOG}]
    )
    assert count.input_tokens > 10_000


def test_our_own_arguments_go_in_the_extra_body(provider: MockProvider) -> None:
    client = wrap(openai.OpenAI())
    own = {"documents": [{"title": "hosts", "text": "db-3 is in Berlin."}], "budget_tokens": 5_000}
    answer = create(client, extra_body={"token_optimizer": own, "seed": 7})
    check(provider, answer.optimizer_stats)
    assert answer.optimizer_stats["tokens_after"] <= 5_000
    assert b"db-3 is in Berlin." in provider.requests[-1].raw
    assert provider.requests[-1].json["seed"] == 7
    with pytest.raises(ConfigError, match=r"token_optimizer\.budget, which is none of"):
        create(client, extra_body={"token_optimizer": {"budget": 5_000}})
    with pytest.raises(ConfigError, match="budget_tokens"):
        create(client, extra_body={"token_optimizer": {"budget_tokens": -1}})


def test_a_config_and_its_fields(provider: MockProvider) -> None:
    answer = create(wrap(anthropic.Anthropic(), read_back="never", max_input_tokens=2_000))
    assert answer.optimizer_stats["tokens_after"] <= 2_000
    with pytest.raises(ConfigError, match="max_tokenz"):
        wrap(openai.OpenAI(), max_tokenz=4)


def test_reading_back(provider: MockProvider) -> None:
    provider.script(Reply(tool_calls=(ToolCall("read_back", '{"handle": "HANDLE"}'),)))
    answer = create(wrap(openai.OpenAI()))
    assert answer.choices[0].message.content.endswith(provider.default.text)
    assert not answer.choices[0].message.tool_calls
    assert len(provider.requests) == 2


def test_what_is_no_client_is_refused() -> None:
    for other in (object(), "client"):
        with pytest.raises(ConfigError, match="is no client of the openai or anthropic SDK"):
            wrap(other)
