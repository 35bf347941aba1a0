"""What the gateway refuses itself: status and shape of the dialect, the wrong value named, nothing sent."""

from __future__ import annotations

import anthropic
import openai
import pytest
import requests

from gateway.state import MAX_REQUEST_BYTES
from optimizer_app.models import OptimizationConfig
from tests.gateway.accounts import Account
from tests.gateway.prompts import CLAUDE, HI, MODEL
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider
from tests.servers.live_server import LiveServer

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
GOOD = {"model": MODEL, "messages": HI}


def test_wrong_key_with_openai(server: LiveServer) -> None:
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="tok_wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model=MODEL, messages=HI)

    assert caught.value.code == "invalid_api_key"
    assert caught.value.type == "invalid_request_error"
    assert "tok_wrong" not in caught.value.response.text
    assert "x-optimizer-trace-id" in caught.value.response.headers


def test_wrong_key_with_anthropic(server: LiveServer) -> None:
    client = anthropic.Anthropic(base_url=server.url, api_key="tok_wrong", max_retries=0)
    with pytest.raises(anthropic.AuthenticationError) as caught:
        client.messages.create(model=CLAUDE, max_tokens=9, messages=HI)

    body = caught.value.response.json()
    assert body["type"] == "error"
    assert body["error"]["type"] == "authentication_error"


@pytest.mark.parametrize(
    "path", [CHAT, MESSAGES, "/v1/optimize", "/v1/embeddings", "/v1/messages/count_tokens"]
)
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer "}, {"authorization": "Basic dG9r"}])
def test_no_key(server: LiveServer, path: str, headers: dict[str, str]) -> None:
    assert (
        requests.post(server.url + path, json=GOOD, headers=headers, timeout=PATIENCE_SECONDS).status_code
        == 401
    )


def test_our_key_is_found_beside_another_one(account: Account) -> None:
    headers = {"x-api-key": account.secret, "authorization": "Bearer sk-of-some-tool"}
    answer = requests.post(account.server.url + CHAT, json=GOOD, headers=headers, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"", "JSON"),
        (b"garbage", "line 1, column 1"),
        (b"[1, 2]", "JSON object"),
        (b'"text"', "JSON object"),
        (b'{"model":"m","messages":[{"role":"user","content":"\xff\xfe"}]}', "UTF-8 at byte 51"),
        (b'{"model":"m","messages":[{"role":"user","content":NaN}]}', "NaN"),
        (b'{"messages":[]}', "model is missing"),
        (b'{"model":5,"messages":[]}', "not 5"),
        (b'{"model":null,"messages":[]}', "not null"),
        (b'{"model":"","messages":[]}', "not an empty string"),
        (b'{"model":["gpt"],"messages":[]}', "not a list"),
        (b'{"model":"m"}', "messages is missing"),
        (b'{"model":"m","messages":"hello"}', "messages must be a list, not a string"),
        (
            b'{"model":"m","messages":[{"role":"user","content":"x"},7]}',
            "messages[1] must be an object, not 7",
        ),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, "deep"),
    ],
)
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_body_that_is_no_request(
    account: Account, provider: MockProvider, path: str, raw: bytes, named: str
) -> None:
    answer = account.post(path, data=raw)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert named in error["message"]
    assert error["type"] == "invalid_request_error"
    assert ("param" in error) == (path == CHAT)
    assert not provider.requests


@pytest.mark.parametrize("budget", ["0", "-5", "1.5", "many", "", "99999999999", "1_000"])
def test_bad_budget(account: Account, provider: MockProvider, budget: str) -> None:
    answer = account.post(CHAT, GOOD, headers={"x-optimizer-budget": budget})

    assert answer.status_code == 400
    assert repr(budget) in answer.json()["error"]["message"] or budget in answer.json()["error"]["message"]
    assert not provider.requests


@pytest.mark.parametrize("tag", ["x" * 61, "tab\there", "n\xe4chtlich"])
def test_bad_tag(account: Account, provider: MockProvider, tag: str) -> None:
    answer = account.post(CHAT, GOOD, headers={"x-optimizer-tag": tag.encode("latin-1")})

    assert answer.status_code == 400
    assert "X-Optimizer-Tag must be at most 60" in answer.json()["error"]["message"]
    assert not provider.requests


def test_unknown_config(account: Account, provider: MockProvider) -> None:
    answer = account.post(MESSAGES, GOOD, headers={"x-optimizer-config": "nope"})

    assert answer.status_code == 400
    assert "'nope'" in answer.json()["error"]["message"]
    assert not provider.requests


def test_stored_config_that_cannot_be_used(account: Account) -> None:
    """Asked for by name it is refused; as the default it gives way to `safe`, and requests are served."""
    fields = {"junk_regexes": ["("]}
    OptimizationConfig.objects.create(project=account.project, name="broken", fields=fields)
    OptimizationConfig.objects.filter(project=account.project, is_default=True).update(fields=fields)

    assert account.post(CHAT, GOOD).status_code == 200
    answer = account.post(CHAT, GOOD, headers={"x-optimizer-config": "broken"})
    assert answer.status_code == 400
    assert "junk_regexes[0]" in answer.json()["error"]["message"]


@pytest.mark.parametrize("declared", [True, False])
def test_too_large(account: Account, provider: MockProvider, declared: bool) -> None:
    raw = b" " * (MAX_REQUEST_BYTES + 1)
    # A generator is sent in chunks, without a length.
    answer = account.post(MESSAGES, data=raw if declared else iter([raw]))

    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "request_too_large"
    assert not provider.requests


def test_refusals_are_traced(account: Account) -> None:
    answer = account.post(CHAT, {"model": 5, "messages": []})
    trace = account.trace(answer.headers["x-optimizer-trace-id"])

    assert (trace["status"], trace["http_status"]) == ("error", 400)
    assert trace["error"] == "model must be a string, not 5"
    assert (trace["tokens_before"], trace["tokens_saved"]) == (0, 0)


def test_dialect_without_a_provider(echo_account: Account, provider: MockProvider) -> None:
    from tests.gateway.accounts import add_provider

    add_provider(echo_account, "openai", provider.openai_url, "sk-x")
    answer = echo_account.post(MESSAGES, GOOD)

    assert answer.status_code == 400
    assert "'anthropic'" in answer.json()["error"]["message"]
