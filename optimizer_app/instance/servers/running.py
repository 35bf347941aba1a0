"""The embedded servers together: started side by side, waited for, and stopped in order."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from optimizer_app import child_processes
from optimizer_app.instance.child import Child
from optimizer_app.instance.servers.postgres import EmbeddedPostgres, embedded_postgres
from optimizer_app.instance.servers.valkey import EmbeddedValkey
from optimizer_app.instance.state import LOOPBACK, InstanceState, free_port, load_or_create, move_ports

READY_WITHIN_SECONDS = 60
STOPPED_WITHIN_SECONDS = 5
_LOOK_AGAIN_SECONDS = 0.02
_LOG_END_BYTES = 2000

Server = EmbeddedPostgres | EmbeddedValkey


class ServerFailed(Exception):
    """An embedded server ended, or did not answer in time; the message names it and its log."""


@dataclass(slots=True)
class RunningServers:
    """The embedded servers that were started, by name."""

    state_dir: Path
    children: dict[str, Child] = field(default_factory=dict)

    def start(self, servers: list[Server]) -> None:
        """Start all of them, then wait until each answers."""
        for server in servers:
            start, name = partial(self._start, server), server.command().name
            self.children[name] = Child(name, start, start())
        for server in servers:
            self._wait_for(server)

    def check_alive(self) -> None:
        """Raise ServerFailed where one of them has ended."""
        for name, child in self.children.items():
            if child.process.poll() is not None:
                status = child.process.returncode
                raise ServerFailed(f"{name} ended with status {status}; {self._last_words(name)}")

    def stop(self) -> None:
        """Stop them, Valkey before PostgreSQL; one that does not obey is killed."""
        for name, child in reversed(self.children.items()):
            child.process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
        for child in self.children.values():
            _wait_or_kill(child.process)
        for name in self.children:
            (run_dir(self.state_dir) / f"{name}.pid").unlink(missing_ok=True)
        self.children.clear()

    def _start(self, server: Server) -> subprocess.Popen[bytes]:
        server.prepare()
        command = server.command()
        return child_processes.start(
            command, run_dir=run_dir(self.state_dir), log_path=self._log(command.name)
        )

    def _wait_for(self, server: Server) -> None:
        give_up_at = time.monotonic() + READY_WITHIN_SECONDS
        while not server.accepts_connections():
            self.check_alive()
            if time.monotonic() > give_up_at:
                name = server.command().name
                raise ServerFailed(
                    f"{name} did not answer in {READY_WITHIN_SECONDS} s; {self._last_words(name)}"
                )
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _log(self, name: str) -> Path:
        return log_dir(self.state_dir) / f"{name}.log"

    def _last_words(self, name: str) -> str:
        path = self._log(name)
        end = path.read_bytes()[-_LOG_END_BYTES:].decode(errors="replace").strip().splitlines()[-5:]
        return f"the end of {path}:\n  " + "\n  ".join(end)


def run_dir(state_dir: Path) -> Path:
    """Where the pid files lie."""
    return _made(state_dir / "run")


def log_dir(state_dir: Path) -> Path:
    return _made(state_dir / "logs")


def settled_state(state_dir: Path, *, postgres: bool = True, valkey: bool = True) -> InstanceState:
    """The instance's state after leftovers of a crash are gone and taken ports are replaced."""
    state = load_or_create(state_dir)
    child_processes.end_leftovers(run_dir(state_dir))
    postgres_taken = postgres and not _port_is_free(state.postgres_port)
    valkey_taken = valkey and not _port_is_free(state.valkey_port)
    if not (postgres_taken or valkey_taken):
        return state
    return move_ports(
        state_dir,
        postgres_port=free_port() if postgres_taken else state.postgres_port,
        valkey_port=free_port() if valkey_taken else state.valkey_port,
    )


def embedded_servers(
    state: InstanceState, state_dir: Path, *, postgres: bool = True, valkey: bool = True
) -> list[Server]:
    servers: list[Server] = []
    if postgres:
        servers.append(embedded_postgres(state, state_dir))
    if valkey:
        servers.append(EmbeddedValkey(state, state_dir / "valkey"))
    return servers


@contextmanager
def running_servers(state_dir: Path) -> Iterator[InstanceState]:
    """Both servers for the length of a block, as the tests use them."""
    state = settled_state(state_dir)
    running = RunningServers(state_dir)
    try:
        running.start(embedded_servers(state, state_dir))
        yield state
    finally:
        running.stop()


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOPPED_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
