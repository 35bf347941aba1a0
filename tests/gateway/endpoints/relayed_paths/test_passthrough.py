"""Paths that are no completions."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.gateway.accounts import ANTHROPIC_SECRET, OPENAI_SECRET, Account, add_provider
from tests.gateway.prompts import CLAUDE, HI
from tests.provider.mock_provider import MockProvider
from tests.servers.local_server import LocalServer, Received, Wire


class Mirror(LocalServer):
    """Answers with the bytes it was sent."""

    def answer(self, request: Received, wire: Wire) -> None:
        wire.send(201, request.raw, {"content-type": "application/x-odd", "x-seen": request.path})


@pytest.fixture
def mirror(echo_account: Account) -> Iterator[Mirror]:
    with Mirror(0) as running:
        add_provider(echo_account, "openai", f"{running.url}/base/v1/", OPENAI_SECRET)
        add_provider(echo_account, "anthropic", f"{running.url}/base", ANTHROPIC_SECRET)
        yield running


def test_unknown_paths_are_relayed_untouched(echo_account: Account, mirror: Mirror) -> None:
    raw = bytes(range(256)) * 400
    answer = echo_account.post("/v1/audio/speech%20x?a=%2Fb&c", data=raw)

    assert (answer.status_code, answer.content) == (201, raw)
    assert answer.headers["content-type"] == "application/x-odd"
    assert answer.headers["x-seen"] == "/base/v1/audio/speech%20x?a=%2Fb&c"
    assert mirror.requests[0].headers["authorization"] == f"Bearer {OPENAI_SECRET}"
    assert echo_account.secret not in str(mirror.requests[0].headers)


def test_anthropic_paths(echo_account: Account, mirror: Mirror) -> None:
    echo_account.post("/v1/messages/batches", {})
    echo_account.post("/v1/files", {}, headers={"anthropic-version": "2023-06-01"})

    assert [request.path for request in mirror.requests] == ["/base/v1/messages/batches", "/base/v1/files"]
    assert mirror.requests[1].headers["x-api-key"] == ANTHROPIC_SECRET


@pytest.mark.parametrize(
    "target",
    [
        "POST /v1/a/..%2f..%2fadmin",
        "POST /v1/%2e%2e/admin",
        "GET /v1/ingest",
        "POST /v1/ingest/5",
        "POST /v1/traces",
        "POST /v1/optimize/x",
        "POST /v1/",
    ],
)
def test_paths_that_are_never_relayed(echo_account: Account, mirror: Mirror, target: str) -> None:
    # requests would tidy the path up.
    with socket.create_connection(("127.0.0.1", echo_account.server.port)) as connection:
        head = f"{target} HTTP/1.1\r\nhost: x\r\nx-api-key: {echo_account.secret}\r\n"
        connection.sendall(f"{head}content-length: 0\r\n\r\n".encode())
        status = connection.recv(100)

    assert status.startswith(b"HTTP/1.1 404")
    assert not mirror.requests


def test_models_and_token_counts_are_the_providers(account: Account, provider: MockProvider) -> None:
    assert [model.id for model in account.openai.models.list()] == ["mock"]
    count = account.anthropic.messages.count_tokens(model=CLAUDE, messages=HI)
    assert count.input_tokens > 0
    assert provider.requests[-1].path == "/v1/messages/count_tokens"


class Embedder(LocalServer):
    """Bills eight tokens for whatever it is asked."""

    def answer(self, request: Received, wire: Wire) -> None:
        body = b'{"data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":8,"total_tokens":8}}'
        wire.send(200, body, {"content-type": "application/json"})


@pytest.mark.parametrize(
    ("method", "path", "billed"), [("post", "embeddings", 8), ("get", "responses/r", None)]
)
def test_the_trace_says_what_was_billed(
    echo_account: Account, method: str, path: str, billed: int | None
) -> None:
    with Embedder(0) as running:
        add_provider(echo_account, "openai", f"{running.url}/v1", OPENAI_SECRET)
        answer = getattr(echo_account, method)(f"/v1/{path}")
    assert answer.status_code == 200
    trace = echo_account.only_trace()
    assert (trace["relayed"], trace["status"]) == (f"{method.upper()} /v1/{path}", "ok")
    assert trace["usage_input_tokens"] == billed
