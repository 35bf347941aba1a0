"""`/v1/responses` with the official SDK: optimized, streamed, traced, its items as they came."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
import requests

from tests.gateway.accounts import OPENAI_SECRET, Account
from tests.gateway.prompts import MODEL, ORDERS, QUESTION
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from tests.servers.live_server import LiveServer
from token_optimizer.tokens.counts import count_body

PATH = "/v1/responses"
TOOL = {
    "type": "function",
    "name": "read_file",
    "description": "Reads a file.",
    "parameters": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
    "strict": False,
}
REASONING = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "I look   at the\n\n\n\n\norders.   "}],
    "encrypted_content": "gAAAA+/=" * 40,
    "status": None,
}
COMPACTION = {"id": "cmp_1", "type": "compaction", "encrypted_content": "cAAAA==" * 30}


def agent() -> list[Any]:
    """Items in which a tool has answered with a long JSON."""
    return [
        {"role": "developer", "content": "You are a clerk. You MUST name the order."},
        {"role": "user", "content": [{"type": "input_text", "text": "List the orders."}]},
        COMPACTION,
        REASONING,
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "orders", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": ORDERS},
        {"role": "user", "content": QUESTION},
    ]


def test_it_works(account: Account, provider: MockProvider) -> None:
    raw = account.openai.responses.with_raw_response.create(model=MODEL, input=agent())
    answer = raw.parse()
    stats = answer.optimizer_stats  # type: ignore[attr-defined]

    assert answer.output_text == provider.default.text
    assert stats["tokens_saved"] == stats["tokens_before"] - stats["tokens_after"] > 0
    assert raw.headers["x-optimizer-trace-id"] == stats["trace_id"]
    assert raw.headers["x-optimizer-tokens-saved"] == str(stats["tokens_saved"])
    received = provider.requests[0]
    assert received.path == PATH
    assert received.headers["authorization"] == f"Bearer {OPENAI_SECRET}"
    assert stats["tokens_before"] == count_body({"input": agent()}, "responses", MODEL)
    assert stats["tokens_after"] == count_body(received.json, "responses", MODEL)
    trace = account.trace(stats["trace_id"])
    assert (trace["status"], trace["dialect"], trace["provider"]) == ("ok", "responses", "openai")
    assert trace["usage_input_tokens"] == trace["tokens_after"]
    assert trace["gross_usd"] > 0


def test_items_that_are_the_providers_own_stay_byte_for_byte(
    account: Account, provider: MockProvider
) -> None:
    account.openai.responses.create(model=MODEL, input=agent())
    sent = provider.requests[0].json["input"]

    assert [item for item in sent if item.get("type") in ("reasoning", "compaction")] == [
        COMPACTION,
        REASONING,
    ]
    assert json.dumps(REASONING, separators=(",", ":")).encode() in provider.requests[0].raw
    assert sent[4] == agent()[4]
    assert sent[-1] == agent()[-1]


def test_a_text_as_input(account: Account, provider: MockProvider) -> None:
    raw = b'{ "model": "gpt-4o", "input": "Say h\\u00ed.", "store":false }'
    answer = account.post(PATH, data=raw)

    assert answer.json()["optimizer_stats"]["tokens_before"] > 0
    assert provider.requests[0].raw == raw


def test_a_stream(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(text="I look.", tool_calls=(ToolCall("read_file", '{"path":"a.py"}'),)))
    with account.openai.responses.stream(model=MODEL, input=agent(), tools=[TOOL]) as stream:  # type: ignore[list-item]
        headers = stream._response.headers
        final = stream.get_final_response()

    assert final.output_text == "I look."
    call = final.output[1]
    assert (call.type, call.arguments) == ("function_call", '{"path":"a.py"}')  # type: ignore[union-attr]
    assert headers["x-optimizer-route"].startswith("heuristic")
    trace = account.trace(headers["x-optimizer-trace-id"])
    assert (trace["status"], trace["stream"]) == ("ok", True)
    assert trace["usage_input_tokens"] == trace["tokens_after"] > 0
    assert trace["usage_output_tokens"] == final.usage.output_tokens  # type: ignore[union-attr]


def test_a_stream_is_what_the_provider_sent(account: Account, provider: MockProvider) -> None:
    body = {"model": MODEL, "input": "Say hi.", "stream": True}
    direct = requests.post(f"{provider.openai_url}/responses", json=body, timeout=PATIENCE_SECONDS).content
    through = account.post(PATH, body).content

    assert through == direct.replace(b"resp_1", b"resp_2").replace(b"msg_1", b"msg_2")
    assert provider.requests[1].json == body


@pytest.mark.parametrize(
    ("ending", "status"), [("completed", "ok"), ("incomplete", "ok"), ("failed", "error")]
)
def test_how_a_stream_closes_is_in_the_trace(
    account: Account, provider: MockProvider, ending: Any, status: str
) -> None:
    provider.script(Reply(ending=ending))
    answer = account.post(PATH, {"model": MODEL, "input": "Say hi.", "stream": True})

    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert trace["status"] == status
    assert trace["usage_input_tokens"] > 0


def test_a_cut_stream_is_interrupted(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(cut_after=4))
    stream = account.openai.responses.create(model=MODEL, input="Say hi.", stream=True)
    with pytest.raises(openai.APIConnectionError):
        list(stream)

    assert account.trace(stream.response.headers["x-optimizer-trace-id"])["status"] == "interrupted"


def test_an_earlier_response_holds_the_call(account: Account, provider: MockProvider) -> None:
    """With `previous_response_id` an output comes without its call."""
    output: list[Any] = [{"type": "function_call_output", "call_id": "call_9", "output": ORDERS}]
    answer = account.openai.responses.create(model=MODEL, input=output, previous_response_id="resp_0")

    sent = provider.requests[0].json
    assert sent["previous_response_id"] == "resp_0"
    assert [(item["type"], item["call_id"]) for item in sent["input"]] == [("function_call_output", "call_9")]
    assert answer.optimizer_stats["tokens_saved"] > 0  # type: ignore[attr-defined]


def test_a_growing_conversation_keeps_its_beginning(account: Account, provider: MockProvider) -> None:
    first = agent()
    account.openai.responses.create(model=MODEL, input=first)
    second = [
        *first,
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Order 7."}]},
        {"role": "user", "content": "And its total?"},
    ]
    account.openai.responses.create(model=MODEL, input=second)

    sent = [request.json["input"] for request in provider.requests]
    assert sent[1][: len(sent[0])] == sent[0]


def test_off_is_off(account: Account, provider: MockProvider) -> None:
    raw = b'{"input" : [{"role":"user","content":"Sure.   "}],  "model":"gpt-4o"}'
    answer = account.post(PATH, data=raw, headers={"x-optimizer-mode": "off"})

    assert provider.requests[0].raw == raw
    assert "optimizer_stats" not in answer.json()
    assert answer.headers["x-optimizer-route"] == "bypass"
    assert account.trace(answer.headers["x-optimizer-trace-id"])["tokens_before"] > 0


@pytest.mark.parametrize(
    ("fields", "headers", "named"),
    [
        ({"model": 5}, {}, "model must be a string, not 5"),
        ({"model": None}, {}, "model is missing"),
        ({"input": 5}, {}, "input must be a string or a list of items"),
        ({"input": [{"role": "user", "content": "a"}, "b"]}, {}, "input[1] must be an object, not a string"),
        ({}, {"x-optimizer-mode": "of"}, "'of'"),
        ({}, {"x-optimizer-budget": "0"}, "x-optimizer-budget"),
        ({}, {"x-optimizer-config": "nope"}, "'nope'"),
    ],
)
def test_refusals(
    account: Account, provider: MockProvider, fields: Any, headers: dict[str, str], named: str
) -> None:
    answer = account.post(PATH, {"model": MODEL, "input": "hi", **fields}, headers=headers)

    assert answer.status_code == 400
    assert named.lower() in answer.json()["error"]["message"].lower()
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert not provider.requests


def test_a_stored_prompt_needs_no_model_and_no_input(account: Account, provider: MockProvider) -> None:
    account.post(PATH, {"prompt": {"id": "pmpt_1"}, "model": MODEL})
    assert account.post(PATH, {"prompt": {"id": "pmpt_1"}}).status_code == 200
    assert provider.requests[1].json == {"prompt": {"id": "pmpt_1"}}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/responses/compact"),
        ("POST", "/v1/responses/input_tokens"),
        ("GET", "/v1/responses/resp_1?include=a"),
        ("DELETE", "/v1/responses/resp_1"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("GET", "/v1/responses/resp_1/input_items"),
    ],
)
def test_all_else_is_passed_on(account: Account, provider: MockProvider, method: str, path: str) -> None:
    headers = {"authorization": f"Bearer {account.secret}", "anthropic-version": "2023-06-01"}
    raw = b'{ "a" : 1.50 }'
    requests.request(method, account.server.url + path, data=raw, headers=headers, timeout=PATIENCE_SECONDS)

    received = provider.requests[0]
    assert (received.method, received.path, received.raw) == (method, path, raw)
    assert received.headers["authorization"] == f"Bearer {OPENAI_SECRET}"


def test_wrong_key(server: LiveServer) -> None:
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="tok_wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.responses.create(model=MODEL, input="hi")
    assert caught.value.code == "invalid_api_key"


def test_echo(echo_account: Account) -> None:
    whole = echo_account.openai.responses.create(model=MODEL, input="Say hi.", instructions="Be brief.")
    assert "system: Be brief." in whole.output_text
    assert "user: Say hi." in whole.output_text
    with echo_account.openai.responses.stream(model=MODEL, input=agent()) as stream:
        final = stream.get_final_response()
    assert QUESTION in final.output_text
    assert final.usage is not None
    assert final.usage.input_tokens > 0
    assert echo_account.post(PATH, {"model": MODEL}).status_code == 400
