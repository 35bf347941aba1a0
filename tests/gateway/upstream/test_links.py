"""URLs of the provider in its answers: the SDKs fetch them with our key, so they have to lead back here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.gateway.accounts import ANTHROPIC_SECRET, OPENAI_SECRET, Account, add_provider
from tests.patience import PATIENCE_SECONDS
from tests.servers.local_server import LocalServer, Received, Wire

RESULT = {
    "custom_id": "one",
    "result": {"type": "canceled", "note": "https://api.anthropic.com/v1/messages/batches/b/results"},
}


class BatchProvider(LocalServer):
    """Keeps batches and files, and says where they are with URLs of its own."""

    def __init__(self) -> None:
        super().__init__(0)
        self.results_host = ""

    def answer(self, request: Received, wire: Wire) -> None:
        path = request.path.partition("?")[0]
        if path.endswith("/results"):
            wire.send(200, json.dumps(RESULT).encode() + b"\n", {"content-type": "application/x-jsonl"})
        elif path.endswith("/content"):
            wire.send(200, b'{"url":"%s/v1/files/f"}' % self.url.encode())
        elif path.startswith("/base/v1/messages/batches"):
            wire.send(200, json.dumps(self.batch(path), indent=1).encode())
        elif path.endswith("/moved"):
            wire.send(302, b"{}", {"location": f"{self.url}/base/v1/files/f/content"})
        elif path.endswith("/elsewhere"):
            wire.send(302, b"{}", {"location": "https://storage.example/f"})
        else:
            wire.send(200, json.dumps(self.page(), separators=(",", ":")).replace("/", "\\/").encode())

    def batch(self, path: str) -> dict[str, Any]:
        host = self.results_host or f"{self.url}/base"
        return {
            "id": "msgbatch_1",
            "type": "message_batch",
            "processing_status": "ended",
            "created_at": "2026-11-01T00:00:00Z",
            "expires_at": "2026-11-02T00:00:00Z",
            "request_counts": {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 0},
            "results_url": f"{host}/v1/messages/batches/msgbatch_1/results",
        }

    def page(self) -> dict[str, Any]:
        return {
            "data": [
                {"id": "f", "url": f"{self.url}/base/v1/files/f/content", "home": "https://example.com/a"}
            ],
            "next_page": f"{self.url}/base/v1/files?after=f",
        }


@pytest.fixture
def batches(echo_account: Account) -> Iterator[BatchProvider]:
    with BatchProvider() as running:
        add_provider(echo_account, "openai", f"{running.url}/base/v1", OPENAI_SECRET)
        add_provider(echo_account, "anthropic", f"{running.url}/base", ANTHROPIC_SECRET)
        yield running


@pytest.mark.parametrize("host", ["", "https://api.anthropic.com", "https://elsewhere.example"])
def test_results_of_a_batch(echo_account: Account, batches: BatchProvider, host: str) -> None:
    batches.results_host = host
    (result,) = list(echo_account.anthropic.messages.batches.results("msgbatch_1"))

    assert result.custom_id == "one"
    assert [request.path for request in batches.requests] == [
        "/base/v1/messages/batches/msgbatch_1",
        "/base/v1/messages/batches/msgbatch_1/results",
    ]
    for request in batches.requests:
        assert request.headers["x-api-key"] == ANTHROPIC_SECRET
        assert echo_account.secret not in str(request.headers)


def test_a_batch_is_otherwise_as_it_came(echo_account: Account, batches: BatchProvider) -> None:
    answer = echo_account.get("/v1/messages/batches/msgbatch_1")
    origin = echo_account.server.url.encode()
    there = f"{batches.url}/base/v1/messages/batches/msgbatch_1"
    direct = requests.get(there, timeout=PATIENCE_SECONDS).content
    assert answer.content == direct.replace(f"{batches.url}/base".encode(), origin)


def test_pages_and_files(echo_account: Account, batches: BatchProvider) -> None:
    page = echo_account.get("/v1/files").json()
    origin = echo_account.server.url
    assert page["next_page"] == f"{origin}/v1/files?after=f"
    assert page["data"][0]["url"] == f"{origin}/v1/files/f/content"
    assert page["data"][0]["home"] == "https://example.com/a"


def test_contents_are_not_touched(echo_account: Account, batches: BatchProvider) -> None:
    assert echo_account.get("/v1/files/f/content").json() == {"url": f"{batches.url}/v1/files/f"}
    results = echo_account.get("/v1/messages/batches/msgbatch_1/results")
    assert json.loads(results.content) == RESULT


def test_redirects_lead_here_or_nowhere(echo_account: Account, batches: BatchProvider) -> None:
    def asked(path: str) -> requests.Response:
        headers = {"x-api-key": echo_account.secret}
        url = echo_account.server.url + path
        return requests.get(url, headers=headers, allow_redirects=False, timeout=PATIENCE_SECONDS)

    assert asked("/v1/files/moved").headers["location"] == f"{echo_account.server.url}/v1/files/f/content"
    elsewhere = asked("/v1/files/elsewhere")
    assert elsewhere.status_code == 302
    assert "location" not in elsewhere.headers


def test_behind_a_proxy(echo_account: Account, batches: BatchProvider) -> None:
    """The proxy on this machine says how the client spoke to it."""
    answer = echo_account.get(
        "/v1/messages/batches/msgbatch_1", **{"x-forwarded-proto": "https", "host": "llm.example"}
    )
    assert answer.json()["results_url"].startswith("https://llm.example/v1/messages/batches/")
