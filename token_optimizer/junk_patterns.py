"""Junk patterns are their users' own, who may be anybody: few and short, compiled once, small in memory, and
matched within a time.

RE2 reads a text once for each pattern, and yet up to a microsecond and more a character: hundreds of large
patterns over a long text would take minutes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import re2

from token_optimizer.errors import ConfigError, StageSkipped
from token_optimizer.models import WhyNot

MAX_PATTERNS = 100
MAX_PATTERN_CHARS = 500
# Of the thread's own time, which other processes do not shorten. One match more may be under way.
MAX_SECONDS = 0.1
# Some 2,000 steps of a pattern: ten times a class of all letters.
_MAX_MEMORY_BYTES = 64 * 1024
_MAX_COMPILED = 512
# By so many characters texts are told that a pattern cannot match.
_BOUND_CHARS = 16
_LAST_BYTE = b"\xff"  # no text has it


class JunkPatterns:
    """The patterns of one config, for the texts of one prompt."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._compiled = [_bounded_pattern(pattern) for pattern in patterns]
        self._end = time.thread_time() + MAX_SECONDS

    def match(self, text: str) -> bool:
        """Whether one of them matches from the first to the last character. StageSkipped where matching has
        taken too long."""
        try:
            encoded = text.encode()  # once, and not by RE2 for each pattern
        except UnicodeEncodeError:  # a lone surrogate is no text that RE2 can read
            return False
        for pattern, least, most in self._compiled:
            # Told from its first characters, for most texts, in a tenth of the time of a match.
            if not least <= encoded <= most:
                continue
            if time.thread_time() > self._end:
                raise StageSkipped(
                    f"the junk patterns take longer than {MAX_SECONDS * 1000:.0f} ms", WhyNot.OVER_TIME
                )
            if pattern.fullmatch(encoded):
                return True
        return False


def check_patterns(name: str, patterns: Sequence[str]) -> None:
    """ConfigError, naming the pattern, where one cannot be used."""
    for position, pattern in enumerate(patterns):
        if reason := pattern_problem(pattern):
            raise ConfigError(f"{name}[{position}] {_shown(pattern)} does not compile: {reason}")


@lru_cache(_MAX_COMPILED)
def pattern_problem(pattern: str) -> str:
    """Why RE2 cannot compile the pattern, or may not; empty where it can."""
    if len(pattern) > MAX_PATTERN_CHARS:
        return f"it has more than {MAX_PATTERN_CHARS} characters"
    try:
        _compiled(pattern)
    except re2.error as error:
        return error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
    except UnicodeEncodeError:
        return "half of a surrogate pair is no character"
    return ""


def compiled_pattern(pattern: str) -> Any:
    """A pattern of a user's; ConfigError where it cannot be used."""
    if reason := pattern_problem(pattern):
        raise ConfigError(f"pattern {_shown(pattern)} does not compile: {reason}")
    return _compiled(pattern)


class _BoundedPattern(NamedTuple):
    """A pattern, and the first and the last text in order that it may match."""

    compiled: Any
    least: bytes
    most: bytes


@lru_cache(_MAX_COMPILED)
def _bounded_pattern(pattern: str) -> _BoundedPattern:
    compiled = compiled_pattern(pattern)
    try:
        return _BoundedPattern(compiled, *compiled.possiblematchrange(_BOUND_CHARS))
    except re2.error:  # RE2 finds no bounds
        return _BoundedPattern(compiled, b"", _LAST_BYTE)


def _shown(pattern: str) -> str:
    return repr(pattern if len(pattern) <= MAX_PATTERN_CHARS else f"{pattern[:40]}…")


@lru_cache(_MAX_COMPILED)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    return re2.compile(pattern, options)
