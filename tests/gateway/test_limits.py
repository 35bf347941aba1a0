"""Limits of keys and projects, over HTTP and by the official SDKs; counters in the real Valkey."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import anthropic
import openai
import pytest
from django.utils import timezone
from redis.asyncio import Redis

from gateway.errors import RateLimited
from gateway.limits import Limiter
from optimizer_app.limits.holders import key_holder
from optimizer_app.limits.present import present_use
from optimizer_app.limits.values import Limits
from optimizer_app.limits.windows import ANSWERS, Holder
from optimizer_app.valkey.clients import AsyncValkey
from tests.dashboard.traces.rows import make_trace
from tests.gateway.accounts import Account
from tests.gateway.prompts import CLAUDE, HI, MODEL
from tests.optimizer_app.traces.records import eventually
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider

CHAT = "/v1/chat/completions"
BODY = {"model": MODEL, "messages": HI}


def bound(row: Any, **limits: Any) -> None:
    """Set limits before the first request: nobody looked the key up yet."""
    for name, value in limits.items():
        setattr(row, name, value)
    row.save()


def test_requests_of_a_minute(account: Account) -> None:
    bound(account.key, max_requests_per_minute=2)
    for _ in range(2):
        account.openai.chat.completions.create(model=MODEL, messages=HI)
    with pytest.raises(openai.RateLimitError, match="this key may use 2 requests a minute") as refused:
        account.openai.chat.completions.create(model=MODEL, messages=HI)
    with pytest.raises(anthropic.RateLimitError, match="2 requests a minute"):
        account.anthropic.messages.create(model=CLAUDE, max_tokens=9, messages=HI)
    headers = refused.value.response.headers
    assert refused.value.code == "rate_limit_exceeded"
    assert 1 <= int(headers["retry-after"]) <= 60
    for name in ("x-ratelimit-limit-requests", "anthropic-ratelimit-requests-limit"):
        assert headers[name] == "2"
    for name in ("x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining"):
        assert headers[name] == "0"
    assert account.trace(headers["x-optimizer-trace-id"])["http_status"] == 429


def test_64_callers_at_once_get_in_up_to_the_bound_of_their_project(account: Account) -> None:
    bound(account.project, max_requests_per_minute=20)
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: account.post(CHAT, BODY), range(64)))
    assert Counter(answer.status_code for answer in answers) == {200: 20, 429: 44}
    assert "this project may use 20 requests" in next(a.text for a in answers if a.status_code == 429)


def test_a_prompt_larger_than_what_is_left_is_not_sent(account: Account, provider: MockProvider) -> None:
    bound(account.key, max_tokens_per_minute=50)
    long = {**BODY, "messages": [{"role": "user", "content": "word " * 200}]}
    for headers in ({}, {"x-optimizer-mode": "off"}):
        answer = account.post(CHAT, long, headers=headers)
        assert answer.status_code == 429, headers
        assert "50 tokens a minute" in answer.text
        assert answer.headers["x-ratelimit-remaining-tokens"] == "50"
    assert not provider.requests


def test_a_prompt_that_only_looks_too_large_is_sent(account: Account, provider: MockProvider) -> None:
    """A body in off mode is estimated by its size, and counted where that is too much."""
    bound(account.key, max_tokens_per_minute=50)
    spaced = (
        b'{"model": "%s",' % MODEL.encode() + b" " * 400 + b'"messages": [{"role": "user", "content": "hi"}]}'
    )
    answer = account.post(CHAT, data=spaced, headers={"x-optimizer-mode": "off"})
    assert answer.status_code == 200, answer.text
    assert provider.requests[0].raw == spaced


def test_what_was_billed_counts(account: Account, provider: MockProvider) -> None:
    """By their prompts alone two requests would have room."""
    bound(account.key, max_tokens_per_minute=20)
    first = account.post(CHAT, BODY).json()
    assert first["usage"]["total_tokens"] == 18
    assert first["optimizer_stats"]["tokens_after"] * 2 <= 20
    # It is counted once the answer is out.
    eventually(lambda: present_use(key_holder(account.key, timezone.now()))[0].used == 18)
    assert account.post(CHAT, BODY).status_code == 429


def test_a_budget_that_is_spent(account: Account) -> None:
    bound(account.key, budget_usd=Decimal("2.00"))
    make_trace(account.project, api_key=account.key, billed_usd=Decimal("2.5"))
    with pytest.raises(openai.RateLimitError, match=r"spent its budget of \$2.00 a month") as refused:
        account.openai.chat.completions.create(model=MODEL, messages=HI)
    assert refused.value.code == "insufficient_quota"
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert int(refused.value.response.headers["retry-after"]) > 0
    assert account.project.events.filter(event_type="budget_warning").count() == 1


@pytest.mark.parametrize(
    ("path", "body", "may"),
    [
        (CHAT, BODY, True),
        (CHAT, {**BODY, "model": "o3"}, False),
        ("/v1/messages", {"model": CLAUDE, "max_tokens": 9, "messages": HI}, False),
        ("/v1/embeddings", {"model": f"{MODEL}-embed", "input": "x"}, True),
        ("/v1/embeddings", {"model": "other", "input": "x"}, False),
        # What a batch asks for stands in a file.
        ("/v1/batches", {"input_file_id": "x"}, False),
        ("/v1/files", {"purpose": "batch"}, True),
    ],
)
def test_models_are_held_to(account: Account, path: str, body: dict[str, Any], may: bool) -> None:
    bound(account.project, allowed_models=[f"{MODEL}*"])
    answer = account.post(path, body)
    assert (answer.status_code == 403) is not may, answer.text
    assert may or "this project may not use the model" in answer.text


@dataclass
class _Request:
    trace_id: uuid.UUID = field(default_factory=uuid.uuid4)
    billed_tokens: int | None = None
    answered_tokens: int | None = None


@pytest.fixture
def valkey(each_async_valkey: AsyncValkey) -> AsyncValkey:
    return each_async_valkey


def holder(**limits: int) -> Holder:
    return Holder("this key", uuid.uuid4(), uuid.uuid4(), Limits(**limits))


async def test_requests_at_a_time_over_two_workers(valkey: AsyncValkey) -> None:
    workers, held = (Limiter(valkey), Limiter(valkey)), holder(max_concurrent_requests=3)
    async with AsyncExitStack() as running:
        for number in range(3):
            await running.enter_async_context(workers[number % 2].admitted([held], _Request()))
        with pytest.raises(RateLimited, match="3 requests at a time"):
            await running.enter_async_context(workers[0].admitted([held], _Request()))
    async with workers[1].admitted([held], _Request()):
        pass


async def test_what_a_dead_worker_held_is_free_when_its_lease_ends(valkey: AsyncValkey) -> None:
    held = holder(max_concurrent_requests=1)
    await valkey.zadd(held.keys[2], {"of a dead worker": time.time() + 30})
    limiter = Limiter(valkey)
    with pytest.raises(RateLimited):
        await limiter.admitted([held], _Request()).__aenter__()
    await valkey.zadd(held.keys[2], {"of a dead worker": time.time() - 1})
    async with limiter.admitted([held], _Request()):
        pass


async def test_what_was_reserved_becomes_what_was_billed(valkey: AsyncValkey) -> None:
    limiter, held = Limiter(valkey), holder(max_tokens_per_minute=100)

    async def use(reserved: int, billed: int | None, *, comes_to: int) -> None:
        async with limiter.admitted([held], _Request(billed_tokens=billed)) as admission:
            await admission.reserve(reserved, 0)
        await until_used(valkey, held, comes_to)

    await use(60, 20, comes_to=20)
    await use(10, 40, comes_to=60)
    await use(30, None, comes_to=90)
    with pytest.raises(RateLimited):
        await use(11, 11, comes_to=90)


async def test_what_a_prompt_is_expected_to_have_is_reserved_where_it_fits(valkey: AsyncValkey) -> None:
    limiter, held = Limiter(valkey), holder(max_tokens_per_minute=100)
    await valkey.set(held.keys[ANSWERS], 0)
    async with limiter.admitted([held], _Request(), 60) as first:
        assert first.reserved == 60
        # Too many to be reserved unseen; how many they are is found out later.
        async with limiter.admitted([held], _Request(), 60) as second:
            assert second.reserved == 0
            await second.reserve(30)
            await until_used(valkey, held, 90)
            await first.reserve(60)
            await until_used(valkey, held, 90)


@pytest.mark.parametrize(("tokens", "used"), [(20, 20), (60, 60), (70, 70)])
async def test_a_prompt_comes_to_other_than_what_was_expected(
    valkey: AsyncValkey, tokens: int, used: int
) -> None:
    limiter, held = Limiter(valkey), holder(max_tokens_per_minute=100)
    await valkey.set(held.keys[ANSWERS], 0)
    async with limiter.admitted([held], _Request(), 60) as admission:
        await admission.reserve(tokens)
        await until_used(valkey, held, used)
    await until_used(valkey, held, used)


async def test_an_answer_comes_to_less_than_what_was_expected(valkey: AsyncValkey) -> None:
    limiter, held = Limiter(valkey), holder(max_tokens_per_minute=1_000)
    await valkey.set(held.keys[ANSWERS], 100)
    async with limiter.admitted([held], _Request(), 60) as admission:
        assert admission.reserved == 160
        await admission.reserve(50, 20)
        await until_used(valkey, held, 70)
    await until_used(valkey, held, 50)


async def test_what_was_expected_is_too_many_once_it_is_counted(valkey: AsyncValkey) -> None:
    limiter, held = Limiter(valkey), holder(max_tokens_per_minute=100)
    with pytest.raises(RateLimited):
        async with limiter.admitted([held], _Request(), 60) as admission:
            await admission.reserve(101)
    await until_used(valkey, held, 0)


async def test_nothing_is_used_where_nothing_was_sent(valkey: AsyncValkey) -> None:
    limiter, held = Limiter(valkey), holder(max_tokens_per_minute=1_000)
    await valkey.set(held.keys[ANSWERS], 0)
    async with limiter.admitted([held], _Request(), 60):
        await until_used(valkey, held, 60)
    await until_used(valkey, held, 0)


async def test_what_was_expected_holds_where_nobody_counts(valkey: AsyncValkey) -> None:
    limiter, held = Limiter(valkey), holder(max_tokens_per_minute=100)
    await valkey.set(held.keys[ANSWERS], 0)
    async with limiter.admitted([held], _Request(), 60) as admission:
        assert admission.settle()
    await until_used(valkey, held, 60)
    async with limiter.admitted([held], _Request(), 60) as admission:
        assert not admission.settle()


async def test_who_asks_at_the_same_time_does_not_pass_the_bound_together(valkey: AsyncValkey) -> None:
    """Answers of forty tokens each: what they are expected to have is learned from the first."""
    workers, held = (Limiter(valkey), Limiter(valkey)), holder(max_tokens_per_minute=1_000)
    everybody = asyncio.Barrier(64)

    async def ask(number: int) -> int:
        request = _Request()
        async with AsyncExitStack() as running:
            try:
                admission = await running.enter_async_context(workers[number % 2].admitted([held], request))
                await admission.reserve(10)
            finally:
                await everybody.wait()
            request.billed_tokens, request.answered_tokens = 50, 40
        return 50

    async def ask_many() -> int:
        answers = await asyncio.gather(*map(ask, range(64)), return_exceptions=True)
        return sum(answer for answer in answers if isinstance(answer, int))

    # Before any answer was seen each is expected to have 256 tokens.
    assert await ask_many() == 150
    await until_used(valkey, held, 150)
    # The other 850 tokens have room for seventeen.
    assert await ask_many() == 850
    await until_used(valkey, held, 1_000)


async def test_an_answer_is_not_expected_to_have_more_than_the_request_allows(valkey: AsyncValkey) -> None:
    limiter, held = Limiter(valkey), holder(max_tokens_per_minute=1_000)
    await valkey.set(held.keys[ANSWERS], 500)
    async with limiter.admitted([held], _Request()) as admission:
        await admission.reserve(10, 20)
        assert admission.reserved == 30
    # Nothing was billed: the answer did not come.
    await until_used(valkey, held, 10)


async def test_a_prompt_that_has_the_minute_for_itself_needs_no_room_for_its_answer(
    valkey: AsyncValkey,
) -> None:
    limiter, held = Limiter(valkey), holder(max_tokens_per_minute=100)
    async with limiter.admitted([held], _Request()) as admission:
        await admission.reserve(90, 4_000)
        # 256 tokens are expected, as long as nobody knows better.
        assert admission.reserved == 90 + 256
        with pytest.raises(RateLimited):
            await limiter.admitted([held], _Request()).__aenter__()
    await until_used(valkey, held, 90)


async def until_used(valkey: AsyncValkey, held: Holder, tokens: int) -> None:
    """Until so many tokens of the minute are used: what a request came to is counted once it has ended."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while sum(map(int, (await valkey.hgetall(held.keys[1])).values())) != tokens:
            pass


async def test_seconds_that_are_over_and_those_of_a_clock_set_back_do_not_count(valkey: AsyncValkey) -> None:
    limiter, held = Limiter(valkey), holder(max_requests_per_minute=5)
    now = int(time.time())
    await valkey.hset(held.keys[0], mapping={str(now - 61): 9, str(now + 3600): 9, str(now - 30): 4})
    async with limiter.admitted([held], _Request()):
        pass
    with pytest.raises(RateLimited) as refused:
        await limiter.admitted([held], _Request()).__aenter__()
    assert int(dict(refused.value.headers)["retry-after"]) in range(25, 32)


async def test_while_valkey_is_away_nobody_is_refused(unused_tcp_port: int) -> None:
    async with Redis.from_url(f"redis://127.0.0.1:{unused_tcp_port}") as nowhere:
        limiter = Limiter(nowhere)
        async with limiter.admitted([holder(max_requests_per_minute=1)], _Request()) as admission:
            await admission.reserve(1_000)
        await asyncio.sleep(0)
