"""Many values at once, on one server and on a cluster whose slots move and whose primary dies."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from optimizer_app.valkey.cluster import VALKEY_ERRORS
from optimizer_app.valkey.values import Values, values_at
from tests.optimizer_app.traces.records import eventually
from tests.servers.valkey_cluster import ValkeyCluster

TIMEOUT_SECONDS = 2.0


@pytest.fixture
def values(each_valkey_url: str) -> Iterator[Values]:
    values = values_at(each_valkey_url, TIMEOUT_SECONDS)
    yield values
    values.close()


def keys(count: int) -> list[str]:
    """On all nodes of a cluster."""
    return [f"test-values:{uuid.uuid4()}" for _ in range(count)]


def write(values: Values, names: list[str]) -> None:
    values.set_many([(name, name.encode(), 60) for name in names])


def written(names: list[str]) -> list[bytes | None]:
    return [name.encode() for name in names]


def test_it_works(values: Values) -> None:
    names, others = keys(40), keys(3)
    write(values, names)
    assert values.get_many(others + names) == [None] * 3 + written(names)


def test_they_end(values: Values) -> None:
    (name,) = keys(1)
    values.set_many([(name, "short", 60)])
    with pytest.raises(VALKEY_ERRORS):
        values.set_many([(name, "for no time", 0)])
    assert values.get_many([name]) == [b"short"]


@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
def test_without_a_server_it_fails(scheme: str, unused_tcp_port: int) -> None:
    values = values_at(f"{scheme}://127.0.0.1:{unused_tcp_port}", TIMEOUT_SECONDS)
    for _ in range(2):
        with pytest.raises(VALKEY_ERRORS):
            values.get_many(["any"])
    values.close()


def test_a_slot_that_moves_is_followed(valkey_cluster: ValkeyCluster) -> None:
    values, names = values_at(valkey_cluster.url, TIMEOUT_SECONDS), [f"{uuid.uuid4()}:{{c}}", *keys(10)]
    write(values, names)
    valkey_cluster.begin_to_move(names[0])
    assert values.get_many(names) == written(names)
    valkey_cluster.end_move(names[0])
    assert values.get_many(names) == written(names)
    write(values, names)
    assert values.get_many(names) == written(names)
    values.close()


def test_a_primary_that_dies_is_followed_by_its_replica(valkey_cluster: ValkeyCluster) -> None:
    values, names = values_at(valkey_cluster.url, TIMEOUT_SECONDS), keys(20)
    write(values, names)
    valkey_cluster.kill_first_primary()

    def are_found() -> bool:
        try:
            return values.get_many(names) == written(names)
        except VALKEY_ERRORS:
            return False

    eventually(are_found)
    write(values, names)
    values.close()
