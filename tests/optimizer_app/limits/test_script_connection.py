"""Scripts over one connection of our own to the real Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import pytest
import pytest_asyncio
from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from optimizer_app.limits.script_connection import Script, ScriptConnection
from tests.patience import PATIENCE_SECONDS

BOTH = Script("return {KEYS[1], tonumber(ARGV[1]), ARGV[2], false, {1, {}}}")


@pytest_asyncio.fixture
async def valkey() -> AsyncIterator[Redis]:
    async with Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest_asyncio.fixture
async def scripts(valkey: Redis) -> AsyncIterator[ScriptConnection]:
    connection = ScriptConnection(valkey)
    yield connection
    await connection.close()


async def test_it_works(scripts: ScriptConnection) -> None:
    assert await scripts.run(BOTH, ["a key"], [7, "Müller\r\n"]) == ["a key", 7, "Müller\r\n", None, [1, []]]


async def test_each_gets_its_own_answer(scripts: ScriptConnection) -> None:
    numbered = Script("return tonumber(ARGV[1])")
    answers = await asyncio.gather(*(scripts.run(numbered, [], [number]) for number in range(200)))
    assert answers == list(range(200))


async def test_what_is_run_soon_is_run_before_what_follows(scripts: ScriptConnection, valkey: Redis) -> None:
    """At first Valkey does not know it."""
    name = f"test:{uuid4()}"
    count = Script(f"redis.call('EXPIRE', KEYS[1], 60) return redis.call('INCR', KEYS[1]) -- {name}")
    await scripts.run(Script("return 1"), [], [])
    for _ in range(3):
        scripts.run_soon(count, [name], [])
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await valkey.get(name) != b"3":
            pass
    scripts.run_soon(count, [name], [])
    assert await scripts.run(count, [name], []) == 5


async def test_an_answer_that_comes_in_pieces(scripts: ScriptConnection) -> None:
    long = "x" * 3_000_000
    assert await scripts.run(Script("return {1, ARGV[1], 2}"), [], [long]) == [1, long, 2]


async def test_one_who_leaves_takes_nobodys_answer(scripts: ScriptConnection) -> None:
    echo = Script("return ARGV[1]")
    await scripts.run(echo, [], ["opened"])
    leaving = asyncio.create_task(scripts.run(echo, [], ["left"]))
    staying = asyncio.create_task(scripts.run(echo, [], ["stays"]))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "stays"


async def test_a_script_that_valkey_forgot_is_sent_again(scripts: ScriptConnection, valkey: Redis) -> None:
    """Each text is new, as other tests' scripts must stay."""
    fresh = Script(f"return '{uuid4()}'")
    assert await valkey.script_exists(fresh.digest) == [False]
    assert await scripts.run(fresh, [], []) == await scripts.run(fresh, [], [])
    assert await valkey.script_exists(fresh.digest) == [True]


async def test_a_script_that_fails_says_so_and_the_next_one_runs(scripts: ScriptConnection) -> None:
    with pytest.raises(RedisError, match="no such thing"):
        await scripts.run(Script("return redis.error_reply('no such thing')"), [], [])
    assert await scripts.run(Script("return 5"), [], []) == 5


async def test_a_lost_connection_is_opened_again(valkey: Redis) -> None:
    name, five = uuid4().hex, Script("return 5")

    async def number() -> str | None:
        return next((each["id"] for each in await valkey.client_list() if each["name"] == name), None)

    async with Redis.from_url(settings.REDIS_URL, client_name=name) as named:
        scripts = ScriptConnection(named)
        assert await scripts.run(five, [], []) == 5
        first = await number()
        await valkey.execute_command("CLIENT", "KILL", "ID", first)
        # One that is sent before word of it comes is lost.
        with suppress(RedisError):
            await scripts.run(five, [], [])
        assert await scripts.run(five, [], []) == 5
        assert await number() not in (None, first)
        await scripts.close()


async def test_nowhere_to_go(unused_tcp_port: int) -> None:
    async with Redis.from_url(f"redis://127.0.0.1:{unused_tcp_port}") as nowhere:
        connection = ScriptConnection(nowhere)
        for _ in range(2):
            with pytest.raises((RedisError, OSError)):
                await connection.run(BOTH, ["x"], [1, ""])
        await connection.close()
