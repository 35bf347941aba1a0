"""Requests whose config keeps secrets from the provider: what it gets, what the client gets, what is kept."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

from optimizer_app.captures.reading import texts_of
from optimizer_app.models import Capture
from tests.gateway.accounts import Account, wait_until_drained
from tests.gateway.prompts import CLAUDE, MODEL
from tests.gateway.read_back.prompts import chat
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from token_optimizer.masking.masker import Masker
from token_optimizer.models import Dialect

MAIL = "jo@example.com"
KEY = '-----"secret"\n\\-----'
ASKED = f"Write to {MAIL} with {KEY}, and mind {MAIL}."
PATHS: dict[Dialect, str] = {
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "responses": "/v1/responses",
}
BODIES: dict[Dialect, dict[str, Any]] = {
    "openai": {"model": MODEL, "messages": [{"role": "user", "content": ASKED}]},
    "anthropic": {"model": CLAUDE, "max_tokens": 99, "messages": [{"role": "user", "content": ASKED}]},
    "responses": {"model": MODEL, "input": ASKED},
}


def names_of(account: Account) -> tuple[str, str]:
    """The placeholders of this project."""
    mask = Masker([], [], account.project.hash_secret)
    return mask.placeholder(MAIL, "email"), mask.placeholder(KEY, "custom")


def reply_of(account: Account) -> Reply:
    mail, key = names_of(account)
    call = ToolCall("send", json.dumps({"to": mail, "key": key}))
    return Reply(text=f"Wrote to {mail}: {key} <b>", tool_calls=(call,), piece_chars=5)


def capture_of(trace_id: str) -> Capture:
    """The capture of a request, once it is stored."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while (found := Capture.objects.filter(pk=trace_id).first()) is None:
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
    return found


def said(dialect: Dialect, answer: requests.Response) -> tuple[str, str]:
    """Text and arguments of an answer in JSON."""
    body = answer.json()
    if dialect == "openai":
        message = body["choices"][0]["message"]
        return message["content"], message["tool_calls"][0]["function"]["arguments"]
    if dialect == "anthropic":
        return body["content"][0]["text"], json.dumps(body["content"][1]["input"])
    return body["output"][0]["content"][0]["text"], body["output"][1]["arguments"]


def streamed(account: Account, dialect: Dialect) -> tuple[str, str]:
    """Text and arguments of a stream, as the official SDKs put them together."""
    if dialect == "openai":
        with account.openai.chat.completions.stream(**BODIES["openai"]) as stream:
            message = stream.get_final_completion().choices[0].message
        return str(message.content), message.tool_calls[0].function.arguments
    if dialect == "anthropic":
        with account.anthropic.messages.stream(**BODIES["anthropic"]) as stream:
            content = stream.get_final_message().content
        return content[0].text, json.dumps(content[1].input)
    with account.openai.responses.stream(**BODIES["responses"]) as stream:
        response = stream.get_final_response()
    return response.output_text, response.output[1].arguments


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", PATHS)
def test_it_works(masking: Account, provider: MockProvider, dialect: Dialect, stream: bool) -> None:
    provider.script(reply_of(masking))
    if stream:
        text, arguments = streamed(masking, dialect)
    else:
        text, arguments = said(dialect, masking.post(PATHS[dialect], BODIES[dialect]))
    assert text == f"Wrote to {MAIL}: {KEY} <b>"
    assert json.loads(arguments) == {"to": MAIL, "key": KEY}
    raw = provider.requests[0].raw.decode()
    assert MAIL not in raw
    assert "secret" not in raw
    assert all(name in raw for name in names_of(masking))
    trace = masking.only_trace()
    assert trace["masked"] == {"custom": 1, "email": 1}
    assert trace["usage_output_tokens"]


def test_the_next_turn_is_sent_with_the_same_bytes_before_it(
    masking: Account, provider: MockProvider
) -> None:
    provider.script(reply_of(masking))
    turn = [{"role": "user", "content": ASKED}]
    answer = masking.post(PATHS["openai"], {"model": MODEL, "messages": turn}).json()
    call = answer["choices"][0]["message"]
    done = {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": f"sent to {MAIL}"}
    masking.post(PATHS["openai"], {"model": MODEL, "messages": [*turn, call, done]})
    first, second = (json.loads(request.raw)["messages"] for request in provider.requests)
    mail, _ = names_of(masking)
    assert second[: len(first)] == first
    assert second[1]["tool_calls"][0]["function"]["arguments"] == reply_of(masking).tool_calls[0].arguments
    assert second[2]["content"] == f"sent to {mail}"


def test_what_is_kept_is_kept_as_it_was_sent(masking: Account, provider: MockProvider) -> None:
    provider.script(reply_of(masking))
    answer = masking.post(PATHS["openai"], BODIES["openai"])
    wait_until_drained(masking.server)
    trace_id = answer.headers["x-optimizer-trace-id"]
    texts = texts_of(capture_of(trace_id))
    for text in (texts.body, texts.sent_body, texts.answer):
        assert MAIL not in text
        assert names_of(masking)[0] in text
    assert MAIL not in masking.server.log()


def test_off_is_off(masking: Account, provider: MockProvider) -> None:
    answer = masking.post(PATHS["openai"], BODIES["openai"], headers={"x-optimizer-mode": "off"})
    assert provider.requests[0].raw == answer.request.body
    assert masking.trace(answer.headers["x-optimizer-trace-id"])["masked"] == {}


def test_a_config_that_masks_nothing_sends_the_clients_bytes(
    account: Account, provider: MockProvider
) -> None:
    answer = account.post(PATHS["openai"], BODIES["openai"])
    assert provider.requests[0].raw == answer.request.body
    assert account.trace(answer.headers["x-optimizer-trace-id"])["masked"] == {}


def test_without_a_secret_both_bodies_are_as_they_were(masking: Account, provider: MockProvider) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Say <email_aaaaaa>."}]}
    provider.script(Reply(text="<email_aaaaaa>"))
    answer = masking.post(PATHS["openai"], body)
    assert provider.requests[0].raw == answer.request.body
    assert answer.json()["choices"][0]["message"]["content"] == "<email_aaaaaa>"


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_read_back_takes_the_same_way(masking: Account, provider: MockProvider, stream: bool) -> None:
    mail, _ = names_of(masking)
    words = {"what": "which worker took order 640"}
    provider.script(
        Reply(text="", tool_calls=(ToolCall("read_back", json.dumps(words)),)),
        Reply(text=f"It was that of {mail}.", piece_chars=4),
    )
    prompt = json.dumps(chat()).replace("took order", f"took {MAIL} order")
    answer = masking.post(PATHS["openai"], {**json.loads(prompt), "stream": stream})
    assert len(provider.requests) == 2
    assert all(MAIL.encode() not in request.raw for request in provider.requests)
    read = json.loads(provider.requests[1].raw)["messages"][-1]["content"]
    assert f"took {mail} order 640" in read
    if stream:
        events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
        text = "".join(
            choice["delta"].get("content") or "" for event in events for choice in event["choices"]
        )
    else:
        text = answer.json()["choices"][0]["message"]["content"]
    assert text == f"It was that of {MAIL}."


def test_optimize_shows_what_would_be_sent_and_what_stands_for_what(masking: Account) -> None:
    answer = masking.post("/v1/optimize", {**BODIES["openai"], "query": MAIL}).json()
    mail, key = names_of(masking)
    assert answer["messages"][0]["content"] == f"Write to {mail} with {key}, and mind {mail}."
    assert answer["placeholders"] == {mail: MAIL, key: KEY}


def test_another_gateway_gets_its_texts_back(masking: Account) -> None:
    answer = masking.post("/v1/compress", BODIES["openai"]).json()
    assert answer["messages"][0]["content"] == ASKED


def test_tokens_are_counted_of_what_would_be_sent(masking: Account, provider: MockProvider) -> None:
    answer = masking.post("/v1/messages/count_tokens", BODIES["anthropic"])
    assert answer.json()["input_tokens"]
    assert MAIL.encode() not in provider.requests[0].raw
    assert masking.only_trace()["masked"] == {"custom": 1, "email": 1}


@pytest.mark.parametrize("wrong", ['"\\ud800"', "123456789012345678901234567890"])
def test_a_body_that_cannot_be_written_again_is_refused_rather_than_sent(
    masking: Account, provider: MockProvider, wrong: str
) -> None:
    raw = '{"model": "gpt-4o", "messages": [{"role": "user", "content": "%s"}], "x": %s}'
    headers = {"content-type": "application/json"}
    answer = masking.post(PATHS["openai"], data=raw % (MAIL, wrong), headers=headers)
    assert answer.status_code == 400
    assert "cannot be written again" in answer.json()["error"]["message"]
    assert not provider.requests
    assert masking.post(PATHS["openai"], data=raw % ("Hi.", wrong), headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mask_detectors": ["mail"]}, "mask_detectors: 'mail' is not one of private_key, jwt"),
        ({"mask_patterns": ["("]}, "mask_patterns[0] '(' does not compile"),
    ],
)
def test_a_config_that_cannot_be_used_is_named(account: Account, fields: Any, message: str) -> None:
    answer = account.post("/v1/optimize", {**BODIES["openai"], "config": fields})
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
