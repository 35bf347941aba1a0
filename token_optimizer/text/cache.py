"""Results of work on texts, by the hash of the text: a conversation's next turn brings most of its texts
again.

Only hashes and results are held, never a text. The hash is Python's own: a string carries it once it was
computed, and its key is secret to the process, so that nobody can make two texts meet.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from math import inf
from typing import Generic, TypeVar

V = TypeVar("V")
# The hash of a text and of the aspect above so many bits, in which its characters stand. One number takes a
# quarter of the memory of a tuple of the three.
Key = int
_CHARS_BITS = 40
_CHARS = (1 << _CHARS_BITS) - 1
# Of a full cache one value in so many is forgotten at once.
_FORGOTTEN_PART = 8


class TextCache(Generic[V]):
    """The newest values, at most `max_values`. Safe across threads.

    `max_chars` is for values that grow with their texts, which have at most so many characters together.
    A dict of its own: cachetools takes ten times as long, and a request looks up and puts thousands.
    """

    def __init__(self, max_values: int, max_chars: float = inf) -> None:
        # By age and not by use, so that a look needs no lock.
        self._values: dict[Key, V] = {}
        self._max_values = max_values
        self._max_chars = max_chars
        self._chars = 0
        self._lock = threading.Lock()
        on_forget(self.forget)

    def get(self, key: Key) -> V | None:
        """The value under the key; None where there is none, or where it was forgotten."""
        return self._values.get(key)

    def get_many(self, keys: Iterable[Key]) -> list[V | None]:
        """The value under each key."""
        return list(map(self._values.get, keys))

    def put(self, key: Key, value: V) -> None:
        """Remember the value, and forget the oldest ones where there are too many."""
        values = self._values
        with self._lock:
            if key not in values:
                self._chars += key & _CHARS
            values[key] = value
            if len(values) > self._max_values or self._chars > self._max_chars:
                self._forget_oldest()

    def put_many(self, items: Iterable[tuple[Key, V]]) -> None:
        """Remember several values."""
        values = self._values
        with self._lock:
            for key, value in items:
                if key not in values:
                    self._chars += key & _CHARS
                values[key] = value
            if len(values) > self._max_values or self._chars > self._max_chars:
                self._forget_oldest()

    def _forget_oldest(self) -> None:
        """Forget as many as have to go, and more at once: to find its oldest key a dict looks at the places
        of all that went before, which would take a time quadratic in them, were it done for each."""
        values = self._values
        most = min(len(values), self._max_values)
        for oldest in list(values):
            if len(values) <= most - most // _FORGOTTEN_PART and self._chars <= self._max_chars:
                break
            del values[oldest]
            self._chars -= chars_of(oldest)

    def forget(self) -> None:
        """Forget every value."""
        with self._lock:
            self._values.clear()
            self._chars = 0


_FORGET: list[Callable[[], None]] = []


def on_forget(forget: Callable[[], None]) -> None:
    """Let `forget_texts` call this as well."""
    _FORGET.append(forget)


def forget_texts() -> None:
    """Empty every cache of texts, so that the next measurement starts cold."""
    for forget in _FORGET:
        forget()


def remembered(max_values: int, max_chars: float = inf) -> Callable[[Callable[[str], V]], Callable[[str], V]]:
    """Makes a function of one text remember what it found for the newest ones. It must never find None."""

    def decorated(find: Callable[[str], V]) -> Callable[[str], V]:
        known: TextCache[V] = TextCache(max_values, max_chars)

        @wraps(find)
        def found(text: str) -> V:
            key = key_of(text, "")
            value = known.get(key)
            if value is None:
                value = find(text)
                known.put(key, value)
            return value

        return found

    return decorated


def key_of(text: str | bytes, aspect: str) -> Key:
    """The key under which an aspect of the text is remembered."""
    return (hash(text) ^ hash(aspect)) << _CHARS_BITS | len(text)


def keys_of(texts: Sequence[str | bytes], aspect: str) -> list[Key]:
    """The same of many texts."""
    of_aspect = hash(aspect)
    return [(hash(text) ^ of_aspect) << _CHARS_BITS | len(text) for text in texts]


def keyed(hashed: int, chars: int) -> Key:
    """The key of what has this hash and so many characters."""
    return hashed << _CHARS_BITS | chars


def chars_of(key: Key) -> int:
    """The characters of the text that the key is of."""
    return key & _CHARS
