"""Masks the texts of one request, and knows afterwards what stands for what.

It lives as long as the request: the client sends the originals on every turn, from which the same
placeholders are made again. Nothing of it is stored or logged.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from secrets import token_hex

from token_optimizer.errors import PromptError
from token_optimizer.junk_patterns import compiled_pattern
from token_optimizer.masking.detectors import Finder, Span
from token_optimizer.masking.placeholders import Originals, Placeholders

# Of the thread's own time, for what a user's patterns take of one request.
MAX_SECONDS = 2.0
_MAX_FINDERS = 100
_KEY_OF_PROCESS = token_hex()


def placeholder_key(api_key: str) -> str:
    """The key of a caller's placeholders; without one of its own it holds in this process alone."""
    return api_key or _KEY_OF_PROCESS


class Masker:
    """The detectors and patterns of a config, at work on one request. `key` is that of the placeholders."""

    def __init__(self, detectors: Sequence[str], patterns: Sequence[str], key: str) -> None:
        self._finder = _finder(tuple(detectors), tuple(patterns))
        self._placeholders = Placeholders(key)
        self._end = time.thread_time() + MAX_SECONDS if patterns else float("inf")

    def spans(self, text: str) -> Sequence[Span]:
        """Where a text has secrets. PromptError where a user's patterns take too long: a prompt is not sent
        with what they were to keep from it."""
        if time.thread_time() > self._end:
            raise PromptError(f"mask_patterns take more than {MAX_SECONDS:g} s on this prompt")
        return self._finder.spans(text)

    def placeholder(self, original: str, detector: str) -> str:
        return self._placeholders.of(original, detector)

    def masked(self, text: str) -> str:
        """A plain text with placeholders."""
        pieces, done = [], 0
        for start, end, detector in self.spans(text):
            pieces += [text[done:start], self.placeholder(text[start:end], detector)]
            done = end
        return "".join([*pieces, text[done:]]) if pieces else text

    @property
    def found(self) -> bool:
        """Whether anything was masked."""
        return bool(self._placeholders.originals)

    def counts(self) -> dict[str, int]:
        """How many secrets each detector has found; never which."""
        return self._placeholders.counts()

    def mapping(self) -> dict[str, str]:
        """What each placeholder stands for."""
        return dict(self._placeholders.originals)

    def originals(self) -> Originals:
        """Puts the secrets back."""
        return Originals(self._placeholders.originals)


@lru_cache(_MAX_FINDERS)
def _finder(detectors: tuple[str, ...], patterns: tuple[str, ...]) -> Finder:
    return Finder(detectors, [compiled_pattern(pattern) for pattern in patterns])
