"""What a provider billed for one request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens billed; None where the provider did not say.

    `input_tokens` is the whole prompt, with what was read from or written to the provider's cache.
    """

    input_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None


UNKNOWN_USAGE = Usage()
NOTHING_BILLED = Usage(0)
