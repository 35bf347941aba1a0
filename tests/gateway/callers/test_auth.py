"""The cache of callers: fresh for two seconds, kept while the database is down."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import Counter

import pytest
from django.db import OperationalError

from gateway.callers.auth import FRESH_SECONDS, MAX_UNKNOWN_KEYS, Caller, CallerCache, presented_secret
from gateway.callers.configs import NamedConfig
from gateway.errors import Unauthorized, Unavailable
from optimizer_app.models.keys.api_key import key_hash
from tests.patience import PATIENCE_SECONDS
from token_optimizer.config import OptimizerConfig

GOOD = {"authorization": "Bearer tok_good"}


class Store:
    """Stands where Postgres would: callers by hash, and a switch that takes it down."""

    def __init__(self) -> None:
        named = NamedConfig("", None, OptimizerConfig())
        self.callers = {key_hash("tok_good"): Caller(uuid.uuid4(), uuid.uuid4(), named, {}, ())}
        self.down = False
        # While it is silent a look hangs until `answers` is set.
        self.silent = False
        self.was_asked, self.answers = threading.Event(), threading.Event()
        self.looks: Counter[str] = Counter()
        self.now = 0.0
        self.cache = CallerCache(self.look, lambda: self.now)

    def look(self, hashed: str) -> Caller | None:
        self.looks[hashed] += 1
        if self.silent:
            self.was_asked.set()
            self.answers.wait(PATIENCE_SECONDS)
        if self.down:
            raise OperationalError("down")
        return self.callers.get(hashed)


@pytest.fixture
def store() -> Store:
    return Store()


async def test_it_works(store: Store) -> None:
    caller = await store.cache.authenticate(GOOD)
    assert caller.secret == "tok_good"
    assert "tok_good" not in repr(caller)


async def test_one_look_serves_many_requests(store: Store) -> None:
    await asyncio.gather(*(store.cache.authenticate(GOOD) for _ in range(20)))
    await store.cache.authenticate(GOOD)
    assert store.looks[key_hash("tok_good")] == 1


async def test_revoked_key_ends_after_the_fresh_seconds(store: Store) -> None:
    await store.cache.authenticate(GOOD)
    store.callers.clear()
    await store.cache.authenticate(GOOD)
    store.now += FRESH_SECONDS
    with pytest.raises(Unauthorized):
        await store.cache.authenticate(GOOD)


async def test_known_key_outlives_the_database(store: Store) -> None:
    await store.cache.authenticate(GOOD)
    store.down = True
    for _ in range(3):
        store.now += FRESH_SECONDS * 10
        await store.cache.authenticate(GOOD)
    store.down = False
    store.callers.clear()
    store.now += FRESH_SECONDS
    with pytest.raises(Unauthorized):
        await until_refused(store)


async def test_nobody_waits_for_a_database_that_did_not_answer(store: Store) -> None:
    await store.cache.authenticate(GOOD)
    store.down = True
    store.now += FRESH_SECONDS
    await store.cache.authenticate(GOOD)
    store.silent = True
    store.now += FRESH_SECONDS
    await store.cache.authenticate(GOOD)
    assert await asyncio.to_thread(store.was_asked.wait, PATIENCE_SECONDS)
    # Answered while the look hangs still, and while it does nobody begins another one.
    store.now += FRESH_SECONDS
    await store.cache.authenticate(GOOD)
    await asyncio.sleep(0)
    assert store.looks[key_hash("tok_good")] == 3
    store.answers.set()


async def until_refused(store: Store) -> None:
    """Requests, until the look beside them has answered."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            await store.cache.authenticate(GOOD)
            await asyncio.sleep(0)


async def test_unknown_key_is_no_pass_while_the_database_is_down(store: Store) -> None:
    store.down = True
    with pytest.raises(Unavailable):
        await store.cache.authenticate(GOOD)


async def test_guesses_push_no_real_key_out(store: Store) -> None:
    await store.cache.authenticate(GOOD)
    for number in range(MAX_UNKNOWN_KEYS + 5):
        with pytest.raises(Unauthorized):
            await store.cache.authenticate({"x-api-key": f"tok_{number}"})
    store.down = True
    await store.cache.authenticate(GOOD)
    assert len(store.cache._unknown) == MAX_UNKNOWN_KEYS


async def test_a_key_made_after_a_refusal_works_soon(store: Store) -> None:
    new = {"x-api-key": "tok_new"}
    with pytest.raises(Unauthorized):
        await store.cache.authenticate(new)
    store.callers[key_hash("tok_new")] = store.callers[key_hash("tok_good")]
    store.now += FRESH_SECONDS
    await store.cache.authenticate(new)


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({"authorization": "bearer  tok_a "}, "tok_a"),
        ({"x-api-key": "tok_a"}, "tok_a"),
        ({"x-api-key": "tok_a", "authorization": "Bearer sk-b"}, "tok_a"),
        ({"x-api-key": "sk-b", "authorization": "Bearer tok_a"}, "tok_a"),
        ({"x-api-key": "chosen-by-the-admin"}, "chosen-by-the-admin"),
    ],
)
def test_where_keys_stand(headers: dict[str, str], secret: str) -> None:
    assert presented_secret(headers) == secret
