"""One connection to Valkey that only runs scripts, for the path of requests.

redis-py spends a third of a millisecond of CPU on each call. Here the commands of all requests go down one
connection as they come, and each answer belongs to the oldest that waits. How to reach Valkey and sign in is
left to redis-py.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import NoScriptError, ResponseError

from optimizer_app.gathered_writes import GatheredWrites

_END = b"\r\n"
_SOON_SECONDS = 0.005
_MAX_WORDS = 4_096
_MAX_BEGINNINGS = 1_024
# As a node of a cluster says that its keys are not all with it, for good or for now.
_ELSEWHERE = ("MOVED ", "ASK ", "TRYAGAIN", "CLUSTERDOWN")


class KeysElsewhere(ResponseError):
    """Another node of the cluster has the keys, or none has."""


class _Incomplete(Exception):
    """The rest of an answer is still to come."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script by its text, and by the digest that Valkey remembers it by."""

    text: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "digest", digest)


class ScriptConnection:
    """Opened at its first use, and again after it was lost. RedisError or OSError where that fails."""

    def __init__(self, valkey: Redis | ClusterNode) -> None:
        self._pool = valkey.connection_pool if isinstance(valkey, Redis) else valkey
        self._opening: asyncio.Task[_Answers] | None = None
        self._sent: set[str] = set()

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        """What the script returns: numbers, and lists of them."""
        answers = await self._opened()
        try:
            return await answers.ask(_command("EVALSHA", script.digest, keys, args))
        except NoScriptError:
            return await answers.ask(_command("EVAL", script.text, keys, args))

    def run_soon(
        self, script: Script, keys: Sequence[str], args: Sequence[str | int]
    ) -> asyncio.Future[Any] | None:
        """Run the script before whatever is run later, without waiting for it; not where there is no
        connection. The first answer of the connection is for whoever wants to know more."""
        if (answers := self._open_answers()) is None:
            return None

        def note(answer: asyncio.Future[Any]) -> None:
            error = None if answer.cancelled() else answer.exception()
            if isinstance(error, NoScriptError):
                answers.ask_soon(_command("EVAL", script.text, keys, args))

        # The first time with its text: sent again, it would run after what follows.
        is_first = script.digest not in self._sent
        self._sent.add(script.digest)
        name, what = ("EVAL", script.text) if is_first else ("EVALSHA", script.digest)
        answer = answers.ask_soon(_command(name, what, keys, args))
        answer.add_done_callback(note)
        return answer

    async def close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if (answers := self._open_answers()) is not None:
            answers.close()

    async def _opened(self) -> _Answers:
        if (answers := self._open_answers()) is not None:
            return answers
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    def _open_answers(self) -> _Answers | None:
        opening = self._opening
        if opening is None or not opening.done() or opening.cancelled() or opening.exception():
            return None
        return opening.result() if opening.result().is_open else None

    async def _open(self) -> _Answers:
        connection: AbstractConnection = self._pool.connection_class(**self._pool.connection_kwargs)
        await connection.connect()
        assert connection._writer is not None
        return _Answers(connection, connection._writer.transport)


class _Answers(asyncio.Protocol):
    """What comes in on a connection that is signed in, which is held: it closes when it is forgotten."""

    def __init__(self, connection: AbstractConnection, transport: asyncio.WriteTransport) -> None:
        self._connection = connection
        self._transport = GatheredWrites(transport)
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._unsent: list[bytes] = []
        self._received = b""
        self._loop = asyncio.get_running_loop()
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        return not self._transport.is_closing()

    def ask(self, command: bytes) -> asyncio.Future[Any]:
        answer = self._expect(command)
        self._send()
        return answer

    def ask_soon(self, command: bytes) -> asyncio.Future[Any]:
        """Ask together with the next who asks, or in a moment."""
        if not self._unsent:
            self._loop.call_later(_SOON_SECONDS, self._send)
        return self._expect(command)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _expect(self, command: bytes) -> asyncio.Future[Any]:
        answer = self._loop.create_future()
        self._waiting.append(answer)
        self._unsent.append(command)
        return answer

    def _send(self) -> None:
        if self._unsent:
            self._transport.write(b"".join(self._unsent))
            self._unsent.clear()

    def data_received(self, data: bytes) -> None:
        self._received += data
        at = 0
        try:
            while at < len(self._received):
                value, at = _value(self._received, at)
                self._answer(value)
        except _Incomplete:
            pass
        self._received = self._received[at:]

    def connection_lost(self, exc: Exception | None) -> None:
        while self._waiting:
            self._answer(ConnectionLost("the connection to Valkey was lost"))

    def _answer(self, value: Any) -> None:
        # Whoever asked may have left.
        if (waiting := self._waiting.popleft()).done():
            return
        if isinstance(value, Exception):
            waiting.set_exception(value)
        else:
            waiting.set_result(value)


def _command(name: str, script: str, keys: Sequence[str], args: Sequence[str | int]) -> bytes:
    """A command as the protocol has it: words with their lengths."""
    return _up_to_keys(name, script, tuple(keys), len(args)) + b"".join(map(_word, args))


@lru_cache(_MAX_BEGINNINGS)
def _up_to_keys(name: str, script: str, keys: tuple[str, ...], args_count: int) -> bytes:
    """The same in all commands of a key that run a script."""
    words = (name, script, len(keys), *keys)
    return b"".join((b"*%d\r\n" % (len(words) + args_count), *map(_word, words)))


@lru_cache(_MAX_WORDS)
def _word(word: str | int) -> bytes:
    """A word with its length. Most are the same in every command of a key."""
    encoded = word.encode() if isinstance(word, str) else b"%d" % word
    return b"$%d\r\n%b\r\n" % (len(encoded), encoded)


def _value(data: bytes, at: int) -> tuple[Any, int]:
    """The value that begins there, and where the next one does; errors are values, too."""
    end = data.find(_END, at)
    if end < 0:
        raise _Incomplete
    kind, text, after = data[at : at + 1], data[at + 1 : end], end + len(_END)
    match kind:
        case b":":
            return int(text), after
        case b"*":
            return _list(data, after, int(text))
        case b"$" if int(text) >= 0:
            return _text(data, after, int(text))
        case b"+":
            return text.decode(), after
        case b"-":
            return _error(text.decode("utf-8", "replace")), after
        case _:
            return None, after


def _list(data: bytes, at: int, count: int) -> tuple[list[Any], int]:
    found = []
    for _ in range(count):
        value, at = _value(data, at)
        found.append(value)
    return found, at


def _text(data: bytes, at: int, length: int) -> tuple[str, int]:
    if len(data) < at + length + len(_END):
        raise _Incomplete
    return data[at : at + length].decode("utf-8", "replace"), at + length + len(_END)


def _error(text: str) -> ResponseError:
    if text.startswith(_ELSEWHERE):
        return KeysElsewhere(text)
    return NoScriptError(text) if text.startswith("NOSCRIPT") else ResponseError(text)
