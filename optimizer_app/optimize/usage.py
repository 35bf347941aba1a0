"""What a provider billed for one request."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens billed; None where the provider did not say.

    `input_tokens` is the whole prompt, with what was read from or written to the provider's cache.
    `cache_write_1h_tokens` are those of the written ones that are kept for an hour, `reasoning_tokens` those
    of the output that the client does not see.
    """

    input_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    reasoning_tokens: int | None = None

    def __add__(self, other: Usage) -> Usage:
        """What both were billed; a number that only one of them has is that one's."""
        return Usage(*map(_sum, _numbers(self), _numbers(other)))


_numbers = attrgetter(*(item.name for item in fields(Usage)))


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


UNKNOWN_USAGE = Usage()
NOTHING_BILLED = Usage(0)
