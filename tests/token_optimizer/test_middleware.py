"""The clients' config, the guide's own integration test, and what happens when the optimizer breaks."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from tests.provider.mock_provider import MockProvider, Reply
from tests.servers.events_receiver import EventsReceiver
from tests.token_optimizer.prompts import LOG, anthropic_request, openai_request
from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError, PromptError
from token_optimizer.middleware import AsyncTokenOptimizer, TokenOptimizer
from token_optimizer.optimizer.pipeline import STRICT_VARIABLE

UNREADABLE_DOCUMENTS = [42]


def test_the_guides_integration_test(provider: MockProvider, dead_url: str) -> None:
    optimizer = TokenOptimizer(
        api_key="test_key",
        analytics_url=dead_url,
        provider="openai",
        target_model="gpt-4",
        max_input_tokens=4000,
    )
    messages = [
        {"role": "system", "content": "You are helpful." * 100},
        {"role": "user", "content": "Hi" * 50},
        {"role": "assistant", "content": "Hello!" * 50},
        {"role": "user", "content": "What is 2+2?"},
    ]
    response = optimizer.chat.completions.create(messages=messages, model="gpt-4")
    assert response.optimizer_stats["tokens_after"] < 4000
    assert response.optimizer_stats["tokens_saved"] > 0
    assert response.choices[0].message.content
    optimizer.close()


def test_a_config_or_its_fields_or_both() -> None:
    config = OptimizerConfig(target_model="gpt-4.1", keep_last_n_turns=2)
    assert TokenOptimizer(config).config == config
    assert TokenOptimizer(target_model="gpt-4.1", keep_last_n_turns=2).config == config
    both = TokenOptimizer(config, keep_last_n_turns=6).config
    assert (both.target_model, both.keep_last_n_turns) == ("gpt-4.1", 6)
    assert config.keep_last_n_turns == 2


@pytest.mark.parametrize("client", [TokenOptimizer, AsyncTokenOptimizer])
def test_an_unknown_field_is_named(client: type[TokenOptimizer]) -> None:
    with pytest.raises(ConfigError, match="max_tokenz"):
        client(max_tokenz=4)
    with pytest.raises(ConfigError, match="max_tokenz"):
        client(OptimizerConfig(), max_tokenz=4)


def test_a_feature_without_its_server_is_refused() -> None:
    with pytest.raises(ConfigError, match="redis_url"):
        TokenOptimizer(enable_caching=True)


def test_a_missing_sdk_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anthropic", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'token-optimizer\[anthropic\]'"):
        TokenOptimizer().messages.create(**anthropic_request())


def test_a_broken_optimizer_sends_the_prompt_as_it_came(
    provider: MockProvider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(STRICT_VARIABLE)
    optimizer = TokenOptimizer()
    with caplog.at_level(logging.WARNING):
        answer = optimizer.chat.completions.create(**openai_request(), documents=UNREADABLE_DOCUMENTS)
    assert provider.requests[0].json == openai_request()
    stats = answer.optimizer_stats
    assert (stats["fallback_used"], stats["tokens_saved"], stats["route"]) == (True, 0, "bypass")
    assert stats["tokens_after"] == answer.usage.prompt_tokens
    events = optimizer.metrics.snapshot()["events"]
    assert (events["optimization_failed"], events["fallback_triggered"]) == (1, 1)
    assert "sent as it came" in caplog.text
    assert "heartbeat" not in caplog.text


def test_a_broken_optimizer_is_seen_in_strict_mode(provider: MockProvider) -> None:
    with pytest.raises(PromptError):
        TokenOptimizer().chat.completions.create(**openai_request(), documents=UNREADABLE_DOCUMENTS)
    assert provider.requests == []


def test_messages_that_are_no_prompt_are_left_to_the_provider(
    provider: MockProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(STRICT_VARIABLE)
    provider.script(Reply(status=400))
    with pytest.raises(Exception, match="scripted by the test"):
        TokenOptimizer().chat.completions.create(messages=[3, "no message"])
    assert provider.requests[0].json["messages"] == [3, "no message"]


def test_events_reach_the_dashboard(provider: MockProvider, receiver: EventsReceiver) -> None:
    optimizer = TokenOptimizer(api_key="tok_mine", analytics_url=receiver.events_url)
    answer = optimizer.chat.completions.create(**openai_request())
    assert optimizer.flush()
    started, completed = receiver.events
    assert started["event_type"] == "optimization_started"
    assert started["trace_id"] == completed["trace_id"] == answer.optimizer_stats["trace_id"]
    assert completed["request"] == {"provider": "openai", "model": "gpt-4o", "input_messages_count": 5}
    assert completed["optimization"]["tokens_after"] == answer.optimizer_stats["tokens_after"]
    assert receiver.requests[0].json["api_key"] == "tok_mine"


def test_no_event_holds_prompt_text_or_a_provider_key(
    provider: MockProvider, receiver: EventsReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(STRICT_VARIABLE)
    optimizer = TokenOptimizer(analytics_url=receiver.events_url)
    provider.script(Reply(), Reply(status=400, message="what is wrong with 'Which host refused'?"))
    optimizer.chat.completions.create(**openai_request(), documents=UNREADABLE_DOCUMENTS)
    with pytest.raises(Exception, match="Which host refused"):
        optimizer.chat.completions.create(**openai_request())
    optimizer.close()
    told = json.dumps(receiver.events)
    assert {event["event_type"] for event in receiver.events} >= {"optimization_failed", "provider_error"}
    for secret in ("sk-of-the-provider", "Which host", "answer in one line", "heartbeat", LOG[:30]):
        assert secret not in told


def test_a_provider_error_is_announced_by_class_and_status(
    provider: MockProvider, receiver: EventsReceiver
) -> None:
    optimizer = TokenOptimizer(analytics_url=receiver.events_url)
    provider.script(Reply(status=401))
    with pytest.raises(Exception, match="scripted"):
        optimizer.messages.create(**anthropic_request())
    optimizer.flush()
    event = receiver.events[-1]
    assert event["event_type"] == "provider_error"
    assert event["error"] == {"type": "AuthenticationError", "status": 401}
    assert event["request"]["provider"] == "anthropic"


def test_events_are_out_before_the_answer_without_emit_async(
    provider: MockProvider, receiver: EventsReceiver
) -> None:
    optimizer = TokenOptimizer(analytics_url=receiver.events_url, emit_async=False)
    optimizer.chat.completions.create(**openai_request())
    assert [event["event_type"] for event in receiver.events] == [
        "optimization_started",
        "optimization_completed",
    ]


def test_a_dashboard_that_hangs_does_not_hold_the_answer(
    provider: MockProvider, receiver: EventsReceiver
) -> None:
    receiver.gate.clear()
    optimizer = TokenOptimizer(analytics_url=receiver.events_url, emit_batch_size=1)
    answer = optimizer.chat.completions.create(**openai_request())
    assert answer.choices[0].message.content
    assert receiver.events == []
    receiver.gate.set()
    assert optimizer.flush()
    assert len(receiver.events) == 2


async def test_an_async_client_closes_with_its_events_sent(
    provider: MockProvider, receiver: EventsReceiver
) -> None:
    async with AsyncTokenOptimizer(analytics_url=receiver.events_url) as optimizer:
        await optimizer.messages.create(**anthropic_request())
    assert len(receiver.events) == 2
