"""The usage that the original of a request would have had: as long as it came, and cached as the original
conversation would have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from optimizer_app.optimize.usage import Usage
from token_optimizer.models import PromptSegment
from token_optimizer.prompt_cache.rules import CacheRules
from token_optimizer.prompt_cache.simulation import CacheEntries, CacheUse, simulate


@dataclass(frozen=True, slots=True)
class Original:
    """A prompt as it came, sent `at` a time in seconds since 1970. `tokens` are our count of all of it.

    `rules` are those of the model's provider's cache. `is_unchanged`: it was sent as it came,
    with no breakpoint of ours.
    """

    rules: CacheRules
    tokens: int
    at: float
    segments: Sequence[PromptSegment] = field(default=(), repr=False)
    is_unchanged: bool = False


def usage_without_us(
    original: Original, billed: Usage, more_tokens: int, entries: CacheEntries
) -> Usage | None:
    """What the original would have been billed, which is that many tokens longer by the provider's count than
    the prompt that was `billed`. None where that cannot be told.

    The cache is run in any case: it would have seen the original. A provider that says nothing of its cache
    is taken to have none.
    """
    total = max((billed.input_tokens or 0) + more_tokens, 0)
    per_counted = total / original.tokens if original.tokens and total else 1.0
    use = simulate(original.segments, original.rules, entries, original.at, per_counted)
    if not original.segments or not billed.input_tokens:
        return None
    if original.is_unchanged:
        return billed
    return _billed(total, use, billed, original.rules)


def _billed(total: int, use: CacheUse, billed: Usage, rules: CacheRules) -> Usage:
    if rules.implicit != "none" and billed.cached_tokens is None:
        return Usage(total)
    bills_writes = rules.implicit == "none" or billed.cache_write_tokens is not None
    written = use.written_tokens + use.written_1h_tokens if bills_writes else 0
    return Usage(total, use.read_tokens, written, cache_write_1h_tokens=use.written_1h_tokens)
