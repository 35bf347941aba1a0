"""Requests that routes lead to one of several providers, on real sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.accounts import Account
from tests.gateway.prompts import CLAUDE, HI, MODEL
from tests.gateway.routes import provider_at, route_to
from tests.provider.mock_provider import MockProvider

CHAT = "/v1/chat/completions"
BODY = {"model": MODEL, "messages": HI}


@pytest.fixture
def other() -> Iterator[MockProvider]:
    with MockProvider() as running:
        yield running


def test_the_model_decides_who_is_asked(
    account: Account, provider: MockProvider, other: MockProvider
) -> None:
    route_to(account, "local-*", {"provider": provider_at(account, other, "house")})
    there = account.post(CHAT, {"model": "local-7b", "messages": HI})
    here = account.post(CHAT, BODY)

    assert (there.status_code, here.status_code) == (200, 200)
    assert (len(other.requests), len(provider.requests)) == (1, 1)
    assert other.requests[0].headers["authorization"] == "Bearer sk-of-house"
    assert there.headers["x-optimizer-provider"] == "house"
    assert here.headers["x-optimizer-provider"] == "openai"
    assert account.trace(there.headers["x-optimizer-trace-id"])["provider"] == "house"


def test_headers_of_the_provider_travel_in_place_of_the_callers(
    account: Account, other: MockProvider
) -> None:
    house = provider_at(account, other, "house", headers={"X-Tenant": "blue", "User-Agent": "house/1"})
    house.set_secret_headers({"api-key": "sk-secret-header"})
    house.save()
    route_to(account, "*", {"provider": house})
    account.post(CHAT, BODY, headers={"user-agent": "client/9", "x-tenant": "red"})

    sent = other.requests[0].headers
    assert (sent["x-tenant"], sent["user-agent"], sent["api-key"]) == ("blue", "house/1", "sk-secret-header")


def test_a_provider_that_needs_the_callers_key(account: Account, other: MockProvider) -> None:
    house = provider_at(account, other, "house", needs_caller_key=True)
    route_to(account, "*", {"provider": house})
    without = account.post(CHAT, BODY)
    own = account.post(CHAT, BODY, headers={"x-provider-authorization": "Bearer sk-mine"})

    assert without.status_code == 401
    assert "X-Provider-Authorization" in without.json()["error"]["message"]
    assert own.status_code == 200
    assert [request.headers["authorization"] for request in other.requests] == ["Bearer sk-mine"]


def test_anthropics_dialect_follows_routes_too(account: Account, other: MockProvider) -> None:
    route_to(account, "claude-*", {"provider": provider_at(account, other, "house", kind="anthropic")})
    answer = account.post("/v1/messages", {"model": CLAUDE, "max_tokens": 9, "messages": HI})

    assert answer.status_code == 200
    assert other.requests[0].headers["x-api-key"] == "sk-of-house"


def test_what_is_only_relayed_follows_its_models_route(
    account: Account, provider: MockProvider, other: MockProvider
) -> None:
    house = provider_at(account, other, "house")
    claude = provider_at(account, other, "claude", kind="anthropic")
    route_to(
        account, "embed-*", {"provider": claude, "weight": 9}, {"provider": house, "weight": 0, "model": "e5"}
    )
    account.post("/v1/embeddings", data=b'{ "model":"embed-small", "input":"embed-small" }')
    account.post("/v1/embeddings", {"model": "other", "input": "x"})

    assert other.requests[0].raw == b'{ "model":"e5", "input":"embed-small" }'
    assert len(provider.requests) == 1
