"""One connection to Valkey for short questions that every request asks: a client takes a connection from its
pool for each, looks whether it still stands, and gives it back, which takes longer than the question."""

from __future__ import annotations

import threading
from typing import Any

import redis
from redis.exceptions import ConnectionError as ConnectionLost


class HeldConnection:
    """A connection of the client's pool that is not given back. Safe across threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._pool = client.connection_pool
        self._connection: Any = None
        self._lock = threading.Lock()

    def ask(self, *command: str) -> Any:
        """The answer to a command, as it comes. RedisError where there is none."""
        with self._lock:
            if self._connection is None:
                self._connection = self._pool.get_connection()
                return self._asked(command)
            try:
                return self._asked(command)
            except ConnectionLost:
                # The server ends connections that are idle, and all of them where it starts again.
                return self._asked(command)

    def _asked(self, command: tuple[str, ...]) -> Any:
        try:
            # It connects where it is not connected.
            self._connection.send_command(*command)
            return self._connection.read_response()
        except BaseException:
            self._connection.disconnect()
            raise
