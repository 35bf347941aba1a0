"""Paths that clients build from other base URLs."""

from __future__ import annotations

import openai
import pytest
import requests
from anthropic import Anthropic
from django.urls import Resolver404, resolve
from openai import AzureOpenAI, OpenAI

from gateway.requests.paths import _ROOMS, Meaning, is_gateway_path, meaning_of
from tests.gateway.accounts import OPENAI_SECRET, Account
from tests.gateway.prompts import CLAUDE, HI, MODEL
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider
from tests.servers.live_server import LiveServer


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/completions/", "/v1/chat/completions"),
        ("/chat/completions", "/v1/chat/completions"),
        ("/v1/v1/messages", "/v1/messages"),
        ("/messages/count_tokens", "/v1/messages/count_tokens"),
        ("/responses/resp_1/cancel", "/v1/responses/resp_1/cancel"),
        ("/v1//chat/completions", "/v1/chat/completions"),
        ("//v1/messages", "/v1/messages"),
        ("/openai/v1/responses", "/v1/responses"),
        ("/openai/responses", "/v1/responses"),
        ("/v1/models/", "/v1/models"),
        ("/v1/some/thing/", "/v1/some/thing/"),
    ],
)
def test_what_is_meant(path: str, meant: str) -> None:
    assert meaning_of(path) == Meaning(meant)
    assert is_gateway_path(path)


def test_a_deployment_names_the_model() -> None:
    meant = Meaning("/v1/chat/completions", "my gpt")
    assert meaning_of("/openai/deployments/my%20gpt/chat/completions") == meant


@pytest.mark.parametrize(
    "path",
    ["/", "/login", "/documents", "/requests", "/admin/", "/static/a.js", "/api/schema/", "/openaichat/x"],
)
def test_pages_are_not_the_gateways(path: str) -> None:
    assert not is_gateway_path(path)


@pytest.mark.parametrize("room", sorted(_ROOMS))
def test_no_page_has_a_path_of_the_gateway(room: str) -> None:
    for path in (f"/{room}", f"/{room}/x"):
        with pytest.raises(Resolver404):
            resolve(path)


def test_base_urls_without_v1_or_with_two(account: Account, provider: MockProvider) -> None:
    client = OpenAI(base_url=account.server.url, api_key=account.secret, max_retries=0)
    assert client.chat.completions.create(model=MODEL, messages=HI).optimizer_stats  # type: ignore[attr-defined]
    assert client.responses.create(model=MODEL, input="Say hi.").optimizer_stats  # type: ignore[attr-defined]
    doubled = Anthropic(base_url=f"{account.server.url}/v1", api_key=account.secret, max_retries=0)
    doubled.messages.create(model=CLAUDE, max_tokens=9, messages=HI)
    assert account.post("/v1/chat/completions/", {"model": MODEL, "messages": HI}).status_code == 200

    paths = [request.path for request in provider.requests]
    assert paths == ["/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/chat/completions"]


def test_azure(account: Account, provider: MockProvider) -> None:
    client = AzureOpenAI(
        azure_endpoint=account.server.url, api_key=account.secret, api_version="2026-05-01", max_retries=0
    )
    answer = client.chat.completions.create(model=MODEL, messages=HI)

    assert answer.optimizer_stats  # type: ignore[attr-defined]
    received = provider.requests[0]
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {OPENAI_SECRET}"
    assert "api-key" not in received.headers
    assert account.secret not in str(received.headers)


def test_a_deployment_is_the_model_where_the_body_has_none(account: Account, provider: MockProvider) -> None:
    path = "/openai/deployments/gpt-4o/chat/completions?api-version=2026-05-01&a=1"
    headers = {"api-key": account.secret}
    url = account.server.url + path
    raw = b'{ "messages": [{"role":"user","content":"h\\u00ed"}] }'
    assert requests.post(url, data=raw, headers=headers, timeout=PATIENCE_SECONDS).status_code == 200

    received = provider.requests[0]
    assert received.path == "/v1/chat/completions?a=1"
    assert received.raw == b'{"model":"gpt-4o", "messages": [{"role":"user","content":"h\\u00ed"}] }'


@pytest.mark.parametrize("path", ["/llm/chat/completions", "/api/v1/messages", "/v2/responses/"])
def test_a_path_that_only_looks_like_one_is_told_the_right_one(server: LiveServer, path: str) -> None:
    answer = requests.post(server.url + path, json={}, timeout=PATIENCE_SECONDS)

    right = "/v1/" + path.rstrip("/").split("/", 2)[2].removeprefix("v1/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert f"did you mean {right}?" in answer.json()["error"]["message"]


def test_a_refusal_has_a_request_id_for_both_sdks(server: LiveServer) -> None:
    for path in ("/v1/chat/completions", "/v1/messages", "/v1/embeddings", "/v1/ingest"):
        answer = requests.post(server.url + path, json={}, timeout=PATIENCE_SECONDS)
        assert answer.headers["x-request-id"] == answer.headers["request-id"] != ""
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="tok_wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model=MODEL, messages=HI)
    assert caught.value.request_id == caught.value.response.headers["x-optimizer-trace-id"]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions", "/v1/responses"])
def test_a_browser_may_ask(server: LiveServer, path: str) -> None:
    headers = {
        "origin": "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,x-stainless-os",
    }
    preflight = requests.options(server.url + path, headers=headers, timeout=PATIENCE_SECONDS)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "x-stainless-os" in preflight.headers["access-control-allow-headers"]

    refused = requests.post(
        server.url + path, json={}, headers={"origin": "https://app.example"}, timeout=PATIENCE_SECONDS
    )
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "*"
    without_origin = requests.post(server.url + path, timeout=PATIENCE_SECONDS)
    assert "access-control-allow-origin" not in without_origin.headers


@pytest.mark.parametrize("path", ["/v1/responses", "/responses", "/v1/realtime?model=m"])
def test_a_websocket_is_refused_with_426(server: LiveServer, path: str) -> None:
    headers = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "origin": "https://elsewhere.example",
    }
    answer = requests.get(server.url + path, headers=headers, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 426
    assert answer.json()["error"]["code"] == "upgrade_required"
