"""Values that were used last, within so many characters in all."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

V = TypeVar("V")


class LRUCache(Generic[V]):
    """Values by key; where they come to more than `most_chars`, the one used longest ago goes. Safe across
    threads."""

    def __init__(self, most_chars: int) -> None:
        self._most_chars = most_chars
        self._chars = 0
        self._values: OrderedDict[str, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get_many(self, keys: Sequence[str]) -> list[V | None]:
        """The value under each key, in order; None where there is none."""
        with self._lock:
            return [self._get(key) for key in keys]

    def put(self, key: str, value: V, chars: int) -> None:
        """Hold a value of so many characters, in the place of what the key had."""
        self.put_many([(key, value, chars)])

    def put_many(self, values: Iterable[tuple[str, V, int]]) -> None:
        """Hold several values, each with its key and characters."""
        with self._lock:
            for key, value, chars in values:
                self._drop(key)
                self._values[key] = (value, chars)
                self._chars += chars
            while self._chars > self._most_chars:
                self._drop(next(iter(self._values)))

    def drop(self, key: str) -> None:
        """Forget the value under the key, if there is one."""
        with self._lock:
            self._drop(key)

    def forget(self) -> None:
        """Forget every value."""
        with self._lock:
            self._values.clear()
            self._chars = 0

    def _get(self, key: str) -> V | None:
        held = self._values.get(key)
        if held is None:
            return None
        self._values.move_to_end(key)
        return held[0]

    def _drop(self, key: str) -> None:
        held = self._values.pop(key, None)
        if held is not None:
            self._chars -= held[1]
