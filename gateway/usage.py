"""What the provider billed, read from its `usage` in either dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from token_optimizer.models import Dialect

# PostgreSQL's integer, which keeps them.
_MAX_TOKENS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens billed; None where the provider did not say.

    `input_tokens` is the whole prompt in both dialects, with what was read from or written to the
    provider's cache. (Anthropic reports those beside its `input_tokens`, OpenAI within `prompt_tokens`.)
    """

    input_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None


NOT_SAID = Usage()


def usage_of(usage: object, dialect: Dialect) -> Usage:
    """Read a `usage` object; NOT_SAID where it is none."""
    if not isinstance(usage, Mapping):
        return NOT_SAID
    return _anthropic(usage) if dialect == "anthropic" else _openai(usage)


def _openai(usage: Mapping[str, Any]) -> Usage:
    details = usage.get("prompt_tokens_details")
    details = details if isinstance(details, Mapping) else {}
    return Usage(
        input_tokens=_count(usage.get("prompt_tokens")),
        cached_tokens=_count(details.get("cached_tokens")),
        cache_write_tokens=_count(details.get("cache_write_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
    )


def _anthropic(usage: Mapping[str, Any]) -> Usage:
    fresh = _count(usage.get("input_tokens"))
    cached = _count(usage.get("cache_read_input_tokens"))
    written = _count(usage.get("cache_creation_input_tokens"))
    return Usage(
        input_tokens=None if fresh is None else fresh + (cached or 0) + (written or 0),
        cached_tokens=cached,
        cache_write_tokens=written,
        output_tokens=_count(usage.get("output_tokens")),
    )


def _count(value: object) -> int | None:
    """A provider's number, where it is one that can be kept."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_TOKENS:
        return None
    return value
