"""The official SDKs through the gateway: JSON and streams, both dialects, sync and async."""

from __future__ import annotations

import itertools
import json
import threading

import pytest
import requests

from optimizer_app.models import OptimizationConfig
from tests.gateway.accounts import ANTHROPIC_SECRET, OPENAI_SECRET, Account
from tests.gateway.prompts import (
    ANTHROPIC_TOOLS,
    CLAUDE,
    HI,
    MODEL,
    OPENAI_TOOLS,
    QUESTION,
    anthropic_agent,
    long_chat,
    openai_agent,
)
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from token_optimizer.tokens.counts import count_body

STATS = {
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
READ_FILE = Reply(text="I look.", tool_calls=(ToolCall("read_file", '{"path":"src/a.py"}'),))


def test_openai_json(account: Account, provider: MockProvider) -> None:
    raw = account.openai.chat.completions.with_raw_response.create(model=MODEL, messages=openai_agent())
    answer = raw.parse()
    stats = answer.optimizer_stats  # type: ignore[attr-defined]

    assert answer.choices[0].message.content == provider.default.text
    assert set(stats) == STATS
    assert stats["tokens_saved"] == stats["tokens_before"] - stats["tokens_after"] > 0
    assert raw.headers["x-optimizer-trace-id"] == stats["trace_id"]
    assert raw.headers["x-optimizer-tokens-saved"] == str(stats["tokens_saved"])
    assert raw.headers["x-optimizer-route"] == stats["route"]
    received = provider.requests[0]
    assert received.headers["authorization"] == f"Bearer {OPENAI_SECRET}"
    assert received.json["messages"][-1]["content"] == QUESTION
    assert stats["tokens_before"] == count_body({"messages": openai_agent()}, "openai", MODEL)
    assert stats["tokens_after"] == count_body(received.json, "openai", MODEL)


def test_anthropic_json(account: Account, provider: MockProvider) -> None:
    raw = account.anthropic.messages.with_raw_response.create(
        model=CLAUDE, max_tokens=100, system="You are a clerk.", messages=anthropic_agent()
    )
    answer = raw.parse()
    stats = answer.optimizer_stats  # type: ignore[attr-defined]

    assert answer.content[0].text == provider.default.text  # type: ignore[union-attr]
    assert set(stats) == STATS
    assert stats["tokens_saved"] > 0
    assert raw.headers["x-optimizer-trace-id"] == stats["trace_id"]
    received = provider.requests[0]
    assert received.path == "/v1/messages"
    assert received.headers["x-api-key"] == ANTHROPIC_SECRET
    assert "authorization" not in received.headers
    assert received.headers["anthropic-version"]
    assert received.json["system"] == "You are a clerk."
    assert stats["tokens_after"] == count_body(received.json, "anthropic", CLAUDE)


def test_openai_stream_with_tool_calls(account: Account, provider: MockProvider) -> None:
    provider.script(READ_FILE)
    chunks = list(
        account.openai.chat.completions.create(
            model=MODEL, messages=openai_agent(), tools=OPENAI_TOOLS, stream=True
        )
    )
    deltas = [chunk.choices[0].delta for chunk in chunks]
    calls = [call for delta in deltas for call in delta.tool_calls or []]

    assert "".join(delta.content or "" for delta in deltas) == "I look."
    assert calls[0].function is not None
    assert calls[0].function.name == "read_file"
    arguments = "".join(call.function.arguments or "" for call in calls if call.function)
    assert json.loads(arguments) == {"path": "src/a.py"}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_anthropic_stream_with_tool_calls(account: Account, provider: MockProvider) -> None:
    provider.script(READ_FILE)
    with account.anthropic.messages.stream(
        model=CLAUDE, max_tokens=100, messages=anthropic_agent(), tools=ANTHROPIC_TOOLS
    ) as stream:
        headers = stream.response.headers
        message = stream.get_final_message()

    assert [block.type for block in message.content] == ["text", "tool_use"]
    assert message.content[1].input == {"path": "src/a.py"}  # type: ignore[union-attr]
    assert message.usage.output_tokens == READ_FILE.completion_tokens
    assert headers["x-optimizer-route"].startswith("heuristic")
    assert int(headers["x-optimizer-tokens-saved"]) > 0


async def test_async_clients(account: Account, provider: MockProvider) -> None:
    completion = await account.async_openai.chat.completions.create(model=MODEL, messages=HI)
    assert completion.choices[0].message.content == provider.default.text
    stream = await account.async_openai.chat.completions.create(model=MODEL, messages=HI, stream=True)
    text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert text == provider.default.text
    async with account.async_anthropic.messages.stream(
        model=CLAUDE,
        max_tokens=9,
        messages=HI,
    ) as events:
        assert await events.get_final_text() == provider.default.text


def test_stream_is_what_the_provider_would_have_sent(account: Account, provider: MockProvider) -> None:
    """Usage is asked for on the client's behalf, and the client sees nothing of it."""
    body = {"model": MODEL, "messages": HI, "stream": True}
    direct = requests.post(
        f"{provider.openai_url}/chat/completions", json=body, timeout=PATIENCE_SECONDS
    ).content
    through = account.post("/v1/chat/completions", body).content

    assert through == direct.replace(b"chatcmpl-1", b"chatcmpl-2")
    assert provider.requests[1].json["stream_options"] == {"include_usage": True}


def test_stream_with_usage_asked_for_is_untouched(account: Account, provider: MockProvider) -> None:
    body = {"model": MODEL, "messages": HI, "stream": True, "stream_options": {"include_usage": True}}
    direct = requests.post(
        f"{provider.openai_url}/chat/completions", json=body, timeout=PATIENCE_SECONDS
    ).content
    through = account.post("/v1/chat/completions", body).content

    assert b'"usage":{' in through
    assert through == direct.replace(b"chatcmpl-1", b"chatcmpl-2")


def test_other_stream_options_are_kept(account: Account, provider: MockProvider) -> None:
    options = {"include_obfuscation": False}
    body = {"model": MODEL, "messages": HI, "stream": True, "stream_options": options}

    assert b'"usage"' not in account.post("/v1/chat/completions", body).content
    assert provider.requests[0].json["stream_options"] == {**options, "include_usage": True}


def test_usage_is_not_asked_for_against_the_clients_word(account: Account, provider: MockProvider) -> None:
    options = {"include_usage": False}
    body = {"model": MODEL, "messages": HI, "stream": True, "stream_options": options}
    answer = account.post("/v1/chat/completions", body)

    assert provider.requests[0].json == body
    assert account.trace(answer.headers["x-optimizer-trace-id"])["usage_input_tokens"] is None


def test_usage_is_not_asked_of_a_provider_that_refuses_to_be(
    account: Account, provider: MockProvider
) -> None:
    account.project.providers.update(asks_for_stream_usage=False)
    body = {"model": MODEL, "messages": HI, "stream": True}

    assert b"[DONE]" in account.post("/v1/chat/completions", body).content
    assert provider.requests[0].json == body


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_first_event_does_not_wait_for_the_last(account: Account, provider: MockProvider, path: str) -> None:
    release = threading.Event()
    provider.script(Reply(release=release, hold_after=4))
    body = {"model": MODEL, "messages": HI, "stream": True, "max_tokens": 9}
    try:
        response = account.post(path, body, stream=True)
        content = response.iter_content(chunk_size=None)
        # The provider sends nothing more until it is released, so this cannot be the end.
        assert b"data: " in next(content)
    finally:
        release.set()
    assert b"data: " in b"".join(content)


def test_what_needs_no_change_goes_out_in_the_clients_bytes(account: Account, provider: MockProvider) -> None:
    raw = b'{ "model": "gpt-4o", "temperature": 1.50, "messages": [{"role":"user","content":"h\\u00e9"}] }'
    answer = account.post("/v1/chat/completions", data=raw, headers={"content-type": "application/json"})

    assert answer.json()["optimizer_stats"]["tokens_saved"] == 0
    assert provider.requests[0].raw == raw


def test_a_large_prompt_is_optimized_too(account: Account, provider: MockProvider) -> None:
    notes = "\n\n".join(f"Note {number}: nothing happened on day {number}." for number in range(8000))
    messages = [{"role": "user", "content": notes}, *openai_agent()[1:]]
    answer = account.post("/v1/chat/completions", {"model": MODEL, "messages": messages})

    stats = answer.json()["optimizer_stats"]
    assert stats["tokens_after"] == count_body(provider.requests[0].json, "openai", MODEL)
    assert stats["tokens_saved"] > 0


def test_provider_number_literals_survive_in_the_answer(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(raw_body=b'{"choices": [], "score":1.50, "big":12345678901234567890123}\n'))
    text = account.post("/v1/chat/completions", {"model": MODEL, "messages": HI}).text

    assert text.startswith('{"choices": [], "score":1.50, "big":12345678901234567890123,"optimizer_stats":{')
    assert text.endswith("}}\n")


def test_headers_that_travel(account: Account, provider: MockProvider) -> None:
    headers = {
        "anthropic-beta": "context-1m",
        "anthropic-version": "2023-06-01",
        "idempotency-key": "once",
        "x-optimizer-config": "default",
        "x-forwarded-for": "10.0.0.9",
        "cookie": "sessionid=secret",
        "x-unknown": "kept",
        "x-leak": f"my key is {account.secret}",
    }
    answer = account.post("/v1/messages", {"model": CLAUDE, "max_tokens": 9, "messages": HI}, headers=headers)
    received = provider.requests[0].headers

    assert received["anthropic-beta"] == "context-1m"
    assert received["idempotency-key"] == "once"
    assert received["x-unknown"] == "kept"
    assert not {"x-optimizer-config", "x-forwarded-for", "cookie", "x-leak"} & set(received)
    assert account.secret not in str(received)
    assert answer.headers["request-id"] == "req_1"


@pytest.mark.parametrize("value", ["Bearer sk-own", "sk-own"])
def test_own_provider_key(account: Account, provider: MockProvider, value: str) -> None:
    headers = {"x-provider-authorization": value}
    account.post("/v1/chat/completions", {"model": MODEL, "messages": HI}, headers=headers)
    account.post("/v1/messages", {"model": CLAUDE, "max_tokens": 9, "messages": HI}, headers=headers)

    assert provider.requests[0].headers["authorization"] == "Bearer sk-own"
    assert provider.requests[1].headers["x-api-key"] == "sk-own"
    assert "x-provider-authorization" not in provider.requests[0].headers
    assert OPENAI_SECRET not in str(provider.requests[0].headers)


def test_budget_of_one_request(account: Account, provider: MockProvider) -> None:
    body = {"model": MODEL, "messages": long_chat(turns=30)}
    free = account.post("/v1/chat/completions", body).json()["optimizer_stats"]
    bound = account.post("/v1/chat/completions", body, headers={"x-optimizer-budget": "600"})

    assert free["tokens_after"] > 600 >= bound.json()["optimizer_stats"]["tokens_after"]
    assert provider.requests[1].json["messages"][-1] == body["messages"][-1]


def test_a_tag_stays_with_the_trace(account: Account, provider: MockProvider) -> None:
    body = {"model": MODEL, "messages": HI}
    answer = account.post("/v1/chat/completions", body, headers={"x-optimizer-tag": "nightly run"})

    assert account.trace(answer.headers["x-optimizer-trace-id"])["tag"] == "nightly run"
    assert "x-optimizer-tag" not in provider.requests[0].headers


def test_config_of_one_request(account: Account, provider: MockProvider) -> None:
    OptimizationConfig.objects.create(
        project=account.project, name="no-tools", fields={"tool_descriptions": "none"}
    )
    body = {"model": MODEL, "messages": HI, "tools": OPENAI_TOOLS}
    account.post("/v1/chat/completions", body)
    answer = account.post("/v1/chat/completions", body, headers={"x-optimizer-config": "no-tools"})

    functions = [request.json["tools"][0]["function"] for request in provider.requests]
    assert ["description" in function for function in functions] == [True, False]
    assert account.trace(answer.headers["x-optimizer-trace-id"])["config_name"] == "no-tools"


def test_a_provider_that_refuses_stream_options_is_asked_without(
    account: Account, provider: MockProvider
) -> None:
    provider.script(Reply(status=400, message="Unrecognized request argument: stream_options"))
    body = {"model": MODEL, "messages": HI, "stream": True}
    first, second = (account.post("/v1/chat/completions", body) for _ in range(2))

    assert first.status_code == second.status_code == 200
    assert b"[DONE]" in first.content
    assert ["stream_options" in request.json for request in provider.requests] == [True, False, False]
    assert account.trace(first.headers["x-optimizer-trace-id"])["status"] == "ok"


def test_any_other_refusal_of_a_stream_passes_through(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(status=400, message="max_tokens is too large"))
    answer = account.post("/v1/chat/completions", {"model": MODEL, "messages": HI, "stream": True})

    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "max_tokens is too large")
    assert len(provider.requests) == 1


@pytest.mark.parametrize("preset", ["safe", "aggressive"])
def test_a_preset_by_its_name(account: Account, provider: MockProvider, preset: str) -> None:
    body = {"model": MODEL, "messages": openai_agent()}
    answer = account.post("/v1/chat/completions", body, headers={"x-optimizer-config": preset})

    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["config_name"], trace["config_version"]) == (preset, None)


def test_a_config_of_the_project_comes_before_a_preset_of_its_name(
    account: Account, provider: MockProvider
) -> None:
    OptimizationConfig.objects.create(
        project=account.project, name="safe", fields={"tool_descriptions": "none"}
    )
    body = {"model": MODEL, "messages": HI, "tools": OPENAI_TOOLS}
    account.post("/v1/chat/completions", body, headers={"x-optimizer-config": "safe"})
    assert "description" not in provider.requests[0].json["tools"][0]["function"]


def test_text_of_every_script_survives(account: Account, provider: MockProvider) -> None:
    text = "漢字 \U0001f9ea ‏עברית \x07 \\u0000 é"
    account.openai.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}])

    assert provider.requests[0].json["messages"][0]["content"] == text


@pytest.mark.parametrize("stream", [False, True])
def test_lone_surrogate_goes_out_as_it_came(account: Account, provider: MockProvider, stream: bool) -> None:
    """JavaScript clients make these by cutting a text. It cannot be written again, so it is not."""
    raw = b'{"model":"gpt-4o","messages":[{"role":"user","content":"cut \\ud83d"}],"stream":%s}'
    raw %= b"true" if stream else b"false"
    answer = account.post("/v1/chat/completions", data=raw)

    assert answer.status_code == 200
    assert answer.headers["x-optimizer-route"] == "bypass"
    assert provider.requests[0].raw == raw
    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert trace["fallback_used"]
    assert trace["why_not"] == "unwritable"
    assert trace["tokens_before"] == trace["tokens_after"] > 0


def test_integer_beyond_64_bits_goes_out_as_it_came(account: Account, provider: MockProvider) -> None:
    raw = b'{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"seed":123456789012345678901}'
    answer = account.post("/v1/chat/completions", data=raw)

    assert answer.headers["x-optimizer-route"] == "bypass"
    assert provider.requests[0].raw == raw


def test_a_long_number_within_a_text_does_not_stop_the_optimizing(
    account: Account, provider: MockProvider
) -> None:
    rows = [{"id": 123456789012345678901 + n, "name": f"row {n}", "state": "open"} for n in range(40)]
    messages = [
        {"role": "user", "content": json.dumps(rows, indent=2)},
        {"role": "user", "content": "Which?"},
    ]
    answer = account.post("/v1/chat/completions", {"model": MODEL, "messages": messages})

    assert answer.headers["x-optimizer-route"] == "heuristic_only"
    assert int(answer.headers["x-optimizer-tokens-saved"]) > 0
    assert "123456789012345678940" in provider.requests[0].raw.decode()


def test_a_growing_conversation_reaches_the_provider_with_the_same_beginning(
    account: Account, provider: MockProvider
) -> None:
    """Whichever worker or process optimizes a turn, what was sent before is sent again byte for byte."""
    log = "\n".join(f"2026-05-04T10:00:{n % 60:02d}Z INFO worker {n % 7} took job {n}" for n in range(900))
    messages: list[dict[str, object]] = [
        {"role": "user", "content": f"Read this log.\n\n{log}"},
        {"role": "assistant", "content": "Sure."},
        {"role": "user", "content": "What is in it?"},
    ]
    for turn in range(4):
        account.openai.chat.completions.create(model=MODEL, messages=messages)
        messages.append({"role": "assistant", "content": f"Jobs, in turn {turn}.   \n\n\n\n\nMore?"})
        messages.append({"role": "user", "content": f"What about worker {turn}?"})

    sent = [request.json["messages"] for request in provider.requests]
    assert len(json.dumps(sent[0])) < len(log)
    for earlier, later in itertools.pairwise(sent):
        assert later[: len(earlier)] == earlier


def test_a_missed_budget_is_in_the_trace(account: Account, provider: MockProvider) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Tell me about the sea. " * 20}]}
    answer = account.post("/v1/chat/completions", body, headers={"x-optimizer-budget": "10"})

    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert trace["over_budget"].endswith("are left of a budget of 10")
    assert not trace["compacted"]
