"""`/metrics` at real servers: who may read it, and that it is the same whoever is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import openai
import pytest
import requests

from tests.gateway.accounts import Account, add_mock, new_account
from tests.gateway.conftest import METRICS_TOKEN
from tests.gateway.prompts import HI, MODEL
from tests.optimizer_app.metrics.readings import reading
from tests.optimizer_app.traces.records import eventually
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply
from tests.servers.live_server import LiveServer, running_server


def get(server: LiveServer, **headers: str) -> requests.Response:
    return requests.get(f"{server.url}/metrics", headers=headers, timeout=PATIENCE_SECONDS)


def count(server: LiveServer, account: Account, name: str = "requests_total", **labels: str) -> float:
    answer = get(server)
    assert answer.status_code == 200, answer.text
    return reading(answer.text, name, project=account.project.name, **labels)


@pytest.fixture
def two_workers(transactional_db: None, tmp_path: Path) -> Iterator[tuple[LiveServer, LiveServer]]:
    """Two workers of one instance, which share its journal."""
    with ExitStack() as stack:
        first, second = (stack.enter_context(running_server(state_dir=tmp_path)) for _ in range(2))
        yield first, second


def ask(account: Account, server: LiveServer, times: int) -> None:
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=account.secret, max_retries=0)
    for _ in range(times):
        client.chat.completions.create(model=MODEL, messages=HI)


def test_two_workers_count_together_and_one_that_is_killed_loses_nothing(
    two_workers: tuple[LiveServer, LiveServer], provider: MockProvider
) -> None:
    first, second = two_workers
    account = new_account(first)
    add_mock(account, provider)
    ask(account, first, 3)
    ask(account, second, 2)
    for worker in two_workers:
        eventually(lambda worker=worker: count(worker, account) == 5)
    assert count(second, account, model="gpt-4o", provider="openai", status_class="2xx") == 5
    assert count(second, account, "prompt_tokens_before_total") > 0

    # What it answered last is in the journal, where the other worker finds it.
    ask(account, first, 2)
    first.process.kill()
    first.process.wait()
    with running_server(state_dir=second.state_dir) as third:
        eventually(lambda: count(third, account) == 7)
        ask(account, third, 1)
        eventually(lambda: count(second, account) == 8)


def test_what_it_says_of_a_request(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(status=500), Reply())
    account.post("/v1/chat/completions", {"model": MODEL, "messages": HI})
    account.post("/v1/chat/completions", {"model": MODEL, "messages": HI})
    eventually(lambda: count(account.server, account) == 2)
    answer = get(account.server)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert reading(answer.text, "provider_errors_total", provider="openai", code="500") >= 1
    assert reading(answer.text, "provider_first_byte_seconds_count", provider="openai") >= 2
    assert reading(answer.text, "build_info") == 1
    assert reading(answer.text, "valkey_up") == 1
    assert reading(answer.text, "provider_circuit_state", project=account.project.name) == 0
    for secret in (account.secret, "Say hi", str(account.key.id)):
        assert secret not in answer.text


def test_a_refusal_is_counted_by_its_limit(account: Account) -> None:
    account.key.max_requests_per_minute = 1
    account.key.save()
    for _ in range(3):
        account.post("/v1/chat/completions", {"model": MODEL, "messages": HI})
    eventually(lambda: count(account.server, account, "limited_total", limit="requests") == 2)
    assert count(account.server, account, status_class="4xx") == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Origin", "http://evil.example"),
        ("Host", "evil.example"),
        ("Host", "192.0.2.7:8000"),
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Forwarded", "for=192.0.2.7"),
    ],
)
def test_without_a_token_it_is_for_this_machine_alone(server: LiveServer, name: str, value: str) -> None:
    assert get(server).status_code == 200
    answer = get(server, **{name: value})
    assert answer.status_code == 403
    assert "OPTIMIZER_METRICS_TOKEN" in answer.text


def test_with_a_token_it_is_for_whoever_has_it(lone_server: LiveServer) -> None:
    for authorization in (f"Bearer {METRICS_TOKEN}", f"bearer  {METRICS_TOKEN}"):
        assert get(lone_server, Authorization=authorization, Host="metrics.example").status_code == 200
    for wrong in ("", "Bearer ", "Bearer read-me", "Basic read-me-often", "Bearer réad"):
        answer = get(lone_server, Authorization=wrong.encode("latin-1"))  # type: ignore[arg-type]
        assert answer.status_code == 401, wrong
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "read-me-often" not in answer.text


def test_without_valkey_the_rest_is_told(lone_server: LiveServer) -> None:
    page = get(lone_server, Authorization=f"Bearer {METRICS_TOKEN}").text
    assert reading(page, "valkey_up") == 0
    assert reading(page, "build_info") == 1
    assert "token_optimizer_queue_tasks{" not in page
