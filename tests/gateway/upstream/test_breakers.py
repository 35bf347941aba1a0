"""Circuits of providers, counted in the real Valkey by two workers."""

from __future__ import annotations

import uuid

import pytest
from redis.asyncio import Redis

from gateway.callers.routing import ProviderRoute
from gateway.upstream.breakers import FRESH_SECONDS, Breakers
from optimizer_app.providers.breaker import FAILURES, OPEN_SECONDS, WINDOW_SECONDS, circuit_key
from optimizer_app.valkey.clients import AsyncValkey


class Clock:
    """A worker's own clock, which the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def valkey(each_async_valkey: AsyncValkey) -> AsyncValkey:
    return each_async_valkey


@pytest.fixture
def provider() -> ProviderRoute:
    return ProviderRoute("house", "openai", id=uuid.uuid4())


async def fail(breakers: Breakers, provider: ProviderRoute, times: int = FAILURES) -> None:
    for _ in range(times):
        await breakers.note_failure(provider)


async def set_back(valkey: AsyncValkey, provider: ProviderRoute, field: str, seconds: float) -> None:
    """As if that had been so many seconds ago."""
    assert provider.id is not None
    key = circuit_key(provider.id)
    await valkey.hset(key, field, float(await valkey.hget(key, field)) - seconds)


async def test_failures_in_a_row_open_it_for_all_workers(
    valkey: AsyncValkey, provider: ProviderRoute
) -> None:
    one, other = Breakers(valkey), Breakers(valkey)
    await fail(one, provider, FAILURES - 2)
    await fail(other, provider, 1)
    assert await one.admits(provider)
    await fail(other, provider, 1)
    assert not await Breakers(valkey).admits(provider)
    assert not await other.admits(provider)


async def test_a_worker_hears_of_it_within_a_second(valkey: AsyncValkey, provider: ProviderRoute) -> None:
    clock = Clock()
    worker = Breakers(valkey, clock)
    assert await worker.admits(provider)
    await fail(Breakers(valkey), provider)
    assert await worker.admits(provider)
    clock.now += FRESH_SECONDS
    assert not await worker.admits(provider)


async def test_a_success_between_counts_failures_anew(valkey: AsyncValkey, provider: ProviderRoute) -> None:
    breakers = Breakers(valkey)
    await fail(breakers, provider, FAILURES - 1)
    await breakers.note_success(provider)
    await fail(breakers, provider, FAILURES - 1)
    assert await breakers.admits(provider)


async def test_failures_of_long_ago_do_not_count(valkey: AsyncValkey, provider: ProviderRoute) -> None:
    breakers = Breakers(valkey)
    await fail(breakers, provider, FAILURES - 1)
    await set_back(valkey, provider, "first_at", WINDOW_SECONDS + 1)
    await fail(breakers, provider, 1)
    assert await breakers.admits(provider)


async def test_half_open_lets_one_request_try(valkey: AsyncValkey, provider: ProviderRoute) -> None:
    one, other = Breakers(valkey), Breakers(valkey)
    await fail(one, provider)
    await set_back(valkey, provider, "opened_at", OPEN_SECONDS)
    assert [await one.admits(provider), await one.admits(provider), await other.admits(provider)] == [
        True,
        False,
        False,
    ]
    await one.note_success(provider)
    assert await one.admits(provider)
    assert await Breakers(valkey).admits(provider)


async def test_a_try_that_fails_opens_it_again(valkey: AsyncValkey, provider: ProviderRoute) -> None:
    breakers = Breakers(valkey)
    await fail(breakers, provider)
    await set_back(valkey, provider, "opened_at", OPEN_SECONDS)
    assert await breakers.admits(provider)
    await breakers.note_failure(provider)
    assert not await Breakers(valkey).admits(provider)


async def test_an_answer_to_what_was_sent_before_does_not_close_it(
    valkey: AsyncValkey, provider: ProviderRoute
) -> None:
    breakers = Breakers(valkey)
    await fail(breakers, provider)
    await breakers.note_success(provider)
    assert not await Breakers(valkey).admits(provider)


async def test_without_valkey_everybody_is_asked(provider: ProviderRoute) -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0")
    breakers = Breakers(away)
    await fail(breakers, provider)
    assert await breakers.admits(provider)
    await away.aclose()
