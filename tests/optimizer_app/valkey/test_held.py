"""A connection that is held: it answers, and is made again where it was lost."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import redis

from optimizer_app.valkey.clients import sync_client
from optimizer_app.valkey.held import HeldConnection


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    client = sync_client(os.environ["REDIS_URL"], socket_timeout=1)
    yield client
    client.delete("test-held")
    client.close()


def test_it_works(client: redis.Redis) -> None:
    client.set("test-held", "value")
    held = HeldConnection(client)
    assert [held.ask("MGET", "test-held", "test-none") for _ in range(2)] == [[b"value", None]] * 2


def test_several_commands_go_out_together(client: redis.Redis) -> None:
    held = HeldConnection(client)
    answers = held.ask_all([("SET", "test-held", "ä", "EX", 60), ("GET", "test-held")])
    assert answers == [b"OK", "ä".encode()]


def test_a_connection_that_the_server_ended_is_made_again(client: redis.Redis) -> None:
    held = HeldConnection(client)
    name = held.ask("CLIENT", "ID")
    client.client_kill_filter(_id=str(name))
    assert held.ask("CLIENT", "ID") not in (name, None)


def test_an_answer_that_is_an_error_is_raised_and_the_next_one_comes(client: redis.Redis) -> None:
    held = HeldConnection(client)
    with pytest.raises(redis.ResponseError):
        held.ask("GET")
    assert held.ask("MGET", "test-none") == [None]


def test_without_a_server_it_fails(unused_tcp_port: int) -> None:
    client = sync_client(f"redis://127.0.0.1:{unused_tcp_port}/0", socket_connect_timeout=0.2)
    held = HeldConnection(client)
    for _ in range(2):
        with pytest.raises(redis.RedisError):
            held.ask("GET", "test-held")
