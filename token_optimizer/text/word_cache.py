"""Results of work on words, each worked on once: a text of 40,000 words has some thousand different ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from token_optimizer.text.cache import on_forget

T = TypeVar("T")

_MAX_WORDS = 32_768
# What is longer is no word of a language: keys and hashes come once, and nobody wants them held.
_MAX_CHARS = 24


class WordCache(dict[str, tuple[T, ...]]):
    """What `find` finds in each word, which is what stands between two spaces; for a `find` that never looks
    across a space. Safe across threads."""

    def __init__(self, find: Callable[[str], Iterable[T]]) -> None:
        super().__init__()
        self._find = find
        on_forget(self.clear)

    def __missing__(self, word: str) -> tuple[T, ...]:
        found = tuple(self._find(word))
        if len(word) <= _MAX_CHARS:
            if len(self) >= _MAX_WORDS:
                self.clear()
            self[word] = found
        return found

    def of(self, text: str) -> list[T]:
        """What is found in the words of a text, in order."""
        return [one for found in filter(None, map(self.__getitem__, text.split())) for one in found]

    def distinct(self, text: str) -> set[T]:
        """What is found in the words of a text, each once."""
        return {one for found in filter(None, map(self.__getitem__, set(text.split()))) for one in found}
