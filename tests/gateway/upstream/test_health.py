"""How providers answered of late, as gateways count it and pages read it."""

from __future__ import annotations

import time
import uuid

from gateway.callers.routing import ProviderRoute
from gateway.upstream.health import opened_health
from optimizer_app.providers.health import health_of
from optimizer_app.valkey.clients import AsyncValkey
from tests.gateway.accounts import Account
from tests.gateway.prompts import HI, MODEL
from tests.gateway.routes import provider_at
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply


async def test_what_workers_count_adds_up(each_async_valkey: AsyncValkey) -> None:
    provider = ProviderRoute("house", "openai", id=uuid.uuid4())
    assert provider.id is not None
    for _ in range(2):
        async with opened_health(each_async_valkey) as health:
            health.note(provider, time.perf_counter() - 0.1)
            health.note(provider, time.perf_counter(), "it answered 503")

    found = health_of([provider.id])[provider.id]
    assert (found.requests, found.failures, found.failure_share) == (4, 2, 0.5)
    assert found.first_byte_ms is not None
    assert found.first_byte_ms >= 100
    assert [failure.why for failure in found.last_failures] == ["it answered 503"] * 2


def test_requests_are_counted(echo_account: Account, provider: MockProvider) -> None:
    house = provider_at(echo_account, provider, "house")
    provider.script(Reply(status=503))
    for _ in range(3):
        echo_account.post("/v1/chat/completions", {"model": MODEL, "messages": HI})
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while (found := health_of([house.pk])[house.pk]).requests < 3:
        assert time.monotonic() < give_up_at
        time.sleep(0.05)

    assert (found.requests, found.failures) == (3, 1)
    assert found.last_failures[0].why == "it answered 503"


def test_without_valkey_nothing_is_known(settings: object) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    assert health_of([uuid.uuid4()]) == {}
