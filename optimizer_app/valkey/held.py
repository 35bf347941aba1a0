"""One connection to Valkey for short questions that every request asks: a client takes a connection from its
pool for each, looks whether it still stands, and gives it back, which takes longer than the question."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import redis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ResponseError

Command = Sequence[str | int | bytes]


class HeldConnection:
    """A connection of the client's pool that is not given back. Safe across threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._pool = client.connection_pool
        self._connection: Any = None
        self._lock = threading.Lock()

    def ask(self, *command: str) -> Any:
        """The answer to a command, as it comes. RedisError where there is none."""
        return self.ask_all([command])[0]

    def ask_all(self, commands: Sequence[Command]) -> list[Any]:
        """The answers to several commands, which go out together."""
        answers = self.ask_each(commands)
        for answer in answers:
            if isinstance(answer, ResponseError):
                raise answer
        return answers

    def ask_each(self, commands: Sequence[Command]) -> list[Any]:
        """The same, with an error in the place of an answer that is one."""
        with self._lock:
            if self._connection is None:
                self._connection = self._pool.get_connection()
                return self._asked(commands)
            try:
                return self._asked(commands)
            except ConnectionLost:
                # The server ends connections that are idle, and all of them where it starts again.
                return self._asked(commands)

    def _asked(self, commands: Sequence[Command]) -> list[Any]:
        connection = self._connection
        try:
            # It connects where it is not connected.
            connection.send_packed_command(connection.pack_commands(commands))
            return [_answer(connection) for _ in commands]
        except BaseException:
            # What is still to come would be taken for the next answer.
            connection.disconnect()
            raise


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error
