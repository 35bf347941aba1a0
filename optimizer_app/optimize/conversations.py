"""What conversations were sent as, shared by all workers over Valkey.

Each process keeps the newest in its own memory, and asks Valkey for messages that it does not know: another
process may have sent them. What goes to Valkey is encrypted under the project's secret and ends after some
hours. Writing happens on a thread, of all that waits at once; where Valkey is slow or down, each process goes
on with what it knows.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog

from optimizer_app.valkey.cluster import VALKEY_ERRORS
from optimizer_app.valkey.values import values_at
from token_optimizer.optimizer.conversation.keys import TOOLS_PREFIX
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.conversation.parsed_prefix import ParsedPrefix, take_over
from token_optimizer.optimizer.conversation.sealing import opened, sealed
from token_optimizer.ports import SentMessage

log = structlog.get_logger(__name__)

KEPT_SECONDS = 6 * 3600
TIMEOUT_SECONDS = 0.1
PAUSE_AFTER_FAILURE_SECONDS = 5.0
MAX_WAITING_WRITES = 1_000
# Of each process, in front of what Valkey knows: some 1,600 turns of agents, more than have room among the
# parsed prefixes.
MAX_OWN_CHARS = 12_000_000
# Of some 10 to 100 KB each.
_MAX_OPENED_TOOLS = 32
_PREFIX = "conversation:"

Write = tuple[str, Mapping[str, SentMessage]]


class Conversations:
    """The memories of one process, one for each project's secret, over held connections to Valkey."""

    def __init__(self, redis_url: str) -> None:
        self._asking, self._writing = (values_at(redis_url, TIMEOUT_SECONDS) for _ in range(2))
        self._own = InProcessMemory(MAX_OWN_CHARS)
        self._writes: queue.Queue[Write | None] = queue.Queue(MAX_WAITING_WRITES)
        self._paused_until = 0.0
        self._thread = threading.Thread(target=self._write_all, name="conversations", daemon=True)
        self._thread.start()

    def of(self, secret: str, *, at_once: bool = False) -> ProjectMemory:
        """The memory of the project with this secret. `at_once`: it waits until what it is given is shared
        over Valkey, so it has no place on an event loop."""
        return ProjectMemory(self, self._own, secret, at_once)

    def take_over(self, keys: Sequence[str], held: ParsedPrefix | None) -> None:
        """Hold for the next turn what another process read and sent of the messages with these keys. Where
        that is not given, forget them: they may have been sent otherwise since."""
        if held is not None and len(held.sent) == len(keys):
            take_over(held, keys, self._own)
        else:
            self._own.forget(keys)

    def flush(self) -> None:
        """Wait until all that was to be written is written."""
        self._writes.join()

    def close(self) -> None:
        """Write what waits, then let go of Valkey."""
        self._writes.put(None)
        self._thread.join(timeout=2)
        self._asking.close()
        self._writing.close()

    def fetch(self, keys: Sequence[str], secret: str) -> list[SentMessage | None]:
        """What Valkey knows; nothing while it fails."""
        found = self._unless_failing(lambda: self._asking.get_many([_PREFIX + key for key in keys]))
        if not found:
            return [None] * len(keys)
        return [
            _opened(key, value, secret) if value else None for key, value in zip(keys, found, strict=True)
        ]

    def write_later(self, messages: Mapping[str, SentMessage], secret: str) -> None:
        try:
            self._writes.put_nowait((secret, dict(messages)))
        except queue.Full:
            log.warning("conversation_not_shared", messages=len(messages))

    def _write_all(self) -> None:
        while (first := self._writes.get()) is not None:
            # Nothing waits for more to come: the next turn may reach another machine in no time.
            several = [first, *self._waiting()]
            try:
                self.write(several)
            finally:
                for _ in several:
                    self._writes.task_done()
        self._writes.task_done()

    def _waiting(self) -> Iterator[Write]:
        """What else is to be written now."""
        while not self._writes.empty():
            if (write := self._writes.get()) is None:
                self._writes.task_done()
                self._writes.put(None)
                return
            yield write

    def write(self, writes: Sequence[Write]) -> None:
        values: list[tuple[str, str | bytes, int]] = []
        for secret, messages in writes:
            # The newest message stands under two keys.
            once = {id(message): message for message in messages.values()}
            tokens = {name: sealed(message, secret) for name, message in once.items()}
            for key, message in messages.items():
                values.append((_PREFIX + key, tokens[id(message)], KEPT_SECONDS))
        self._unless_failing(lambda: self._writing.set_many(values))

    def _unless_failing(self, call: Callable[[], Any]) -> Any:
        if time.monotonic() < self._paused_until:
            return None
        try:
            return call()
        except VALKEY_ERRORS as error:
            self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            log.warning("conversations_not_shared", error=type(error).__name__)
            return None


@dataclass(frozen=True, slots=True)
class ProjectMemory:
    """A project's part of the memory, as the pipeline asks for it."""

    shared: Conversations
    own: InProcessMemory
    secret: str
    at_once: bool = False

    def get_many(self, keys: Sequence[str]) -> list[SentMessage | None]:
        known = self.own.get_many(keys)
        # Mostly that is the newest message alone; but the same request may have gone to another process.
        if None in known:
            self._ask_others(keys, known)
        return known

    def _ask_others(self, keys: Sequence[str], known: list[SentMessage | None]) -> None:
        """Put into `known` what Valkey has of it. Of tools all processes are to use the same: what it has of
        them holds even where this process knows them otherwise."""
        asked = [at for at, key in enumerate(keys) if known[at] is None or key.startswith(TOOLS_PREFIX)]
        fetched = dict(zip(asked, self.shared.fetch([keys[at] for at in asked], self.secret), strict=True))
        found = {at: message for at, message in fetched.items() if message is not None}
        self.own.set_many({keys[at]: message for at, message in found.items() if message is not known[at]})
        expired = {keys[at]: message for at in asked if at not in found and (message := known[at])}
        if expired:
            self.shared.write_later(expired, self.secret)
        for at, message in found.items():
            known[at] = message

    def set_many(self, messages: Mapping[str, SentMessage]) -> None:
        self.own.set_many(messages)
        if self.at_once:
            self.shared.write([(self.secret, messages)])
        else:
            self.shared.write_later(messages, self.secret)


def _opened(key: str, value: bytes, secret: str) -> SentMessage | None:
    return _opened_tools(value, secret) if key.startswith(TOOLS_PREFIX) else opened(value, secret)


@lru_cache(_MAX_OPENED_TOOLS)
def _opened_tools(value: bytes, secret: str) -> SentMessage | None:
    """Tools are asked for by every new conversation that has them, and hardly ever change."""
    return opened(value, secret)
