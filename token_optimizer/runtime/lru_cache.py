"""The values that were used last, within so many characters in all."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Generic, TypeVar

import cachetools

V = TypeVar("V")


class LRUCache(Generic[V]):
    """Values by key; where they come to more than `max_chars`, the least recently used one goes. Safe across
    threads."""

    def __init__(self, max_chars: int) -> None:
        self._max_chars = max_chars
        # Each value beside its characters.
        self._values: cachetools.LRUCache[str, tuple[V, int]] = cachetools.LRUCache(max_chars, itemgetter(1))
        self._lock = threading.Lock()

    def get(self, key: str) -> V | None:
        """The value under the key; None where there is none."""
        with self._lock:
            pair = self._values.get(key)
        return None if pair is None else pair[0]

    def get_many(self, keys: Sequence[str]) -> list[V | None]:
        """The value under each key, in order; None where there is none."""
        with self._lock:
            held = [self._values.get(key) for key in keys]
        return [None if pair is None else pair[0] for pair in held]

    def put(self, key: str, value: V, chars: int) -> None:
        """Hold a value of so many characters, in the place of what the key had."""
        self.put_many([(key, value, chars)])

    def put_many(self, values: Iterable[tuple[str, V, int]]) -> None:
        """Hold several values, each with its key and characters; those above `max_chars` are not held."""
        with self._lock:
            for key, value, chars in values:
                self._values.pop(key, None)
                if chars <= self._max_chars:
                    self._values[key] = (value, chars)

    def drop(self, key: str) -> None:
        """Forget the value under the key, if there is one."""
        with self._lock:
            self._values.pop(key, None)

    def forget(self) -> None:
        """Forget every value."""
        with self._lock:
            self._values.clear()
