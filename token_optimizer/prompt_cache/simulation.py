"""What a provider's cache that saw earlier prompts reads and writes of this one.

A prompt is run once through a store of entries, which are keyed by the prefixes that they hold. Running it
again at the same time comes to the same, so that what was interrupted may be repeated; nor does the order
matter in which two prompts are run, but for what the earlier one would have read of the later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, Protocol

from token_optimizer.models import PromptSegment
from token_optimizer.prompt_cache.rules import HOUR, CacheRules

# Of the breakpoints of a long prompt the first are shared with others, and the last with the next turn.
_FIRST, _LAST = 8, 80


class CacheEntry(NamedTuple):
    """A prefix in the cache, in seconds since 1970."""

    written_at: float
    expires_at: float
    lifetime_seconds: int

    def is_alive(self, at: float) -> bool:
        return self.written_at < at <= self.expires_at


class CacheEntries(Protocol):
    """The entries of one provider's cache. It may forget any of them at any time."""

    def get_many(self, keys: Sequence[str]) -> Sequence[CacheEntry | None]: ...

    def set_many(self, entries: Mapping[str, CacheEntry]) -> None: ...


@dataclass(frozen=True, slots=True)
class CacheUse:
    """Tokens of a prompt that the cache had, and that were written to it: for an hour, or for less."""

    read_tokens: int = 0
    written_tokens: int = 0
    written_1h_tokens: int = 0


def simulate(
    segments: Sequence[PromptSegment],
    rules: CacheRules,
    entries: CacheEntries,
    at: float,
    tokens_per_counted: float = 1.0,
) -> CacheUse:
    """What the cache reads and writes of a prompt sent `at` a time, where the provider counts so many tokens
    for each that we counted."""
    ends = [tokens * tokens_per_counted for tokens in accumulate(segment.tokens for segment in segments)]
    marked = _marked(segments, ends, rules)
    if not marked:
        return CacheUse()
    places = _looked_at(marked, len(segments), rules)
    found = dict(zip(places, entries.get_many([segments[at].key for at in places]), strict=True))
    hit = max((place for place, entry in found.items() if entry and entry.is_alive(at)), default=-1)
    entries.set_many(_used(segments, marked, found, hit, at))
    return _use(segments, ends, marked, hit, rules)


def _marked(segments: Sequence[PromptSegment], ends: Sequence[float], rules: CacheRules) -> list[int]:
    """Where the prompt has breakpoints that are long enough to be kept."""
    marked = [
        place
        for place, (segment, end) in enumerate(zip(segments, ends, strict=True))
        if segment.lifetime_seconds and end >= rules.min_tokens
    ]
    return marked if len(marked) <= _FIRST + _LAST else [*marked[:_FIRST], *marked[-_LAST:]]


def _looked_at(marked: Sequence[int], count: int, rules: CacheRules) -> list[int]:
    """Where entries are looked for; a breakpoint is itself the first of those that are looked at."""
    if rules.implicit == "everywhere":
        return list(marked)
    if rules.lookback_blocks is None:
        return [place for place in range(marked[-1] + 1) if place < _FIRST or place > marked[-1] - _LAST]
    before = rules.lookback_blocks
    return sorted({place for mark in marked for place in range(max(mark - before + 1, 0), mark + 1)})


def _used(
    segments: Sequence[PromptSegment],
    marked: Sequence[int],
    found: Mapping[int, CacheEntry | None],
    hit: int,
    at: float,
) -> dict[str, CacheEntry]:
    """The entries that this prompt writes or reads, each kept for its lifetime from now on. Those between
    the first ones and the one that was read, which only a branch of an earlier turn could want, stay."""
    kept = [place for place in marked if place >= hit or place in marked[:_FIRST]]
    lifetimes = {place: segments[place].lifetime_seconds for place in kept}
    entry_read = found.get(hit)
    if entry_read is not None:
        lifetimes.setdefault(hit, entry_read.lifetime_seconds)
    return {
        segments[place].key: _kept(found.get(place), lifetime, at) for place, lifetime in lifetimes.items()
    }


def _kept(entry: CacheEntry | None, lifetime_seconds: int, at: float) -> CacheEntry:
    if entry is None or (entry.expires_at < at and entry.written_at < at):
        return CacheEntry(at, at + lifetime_seconds, lifetime_seconds)
    return CacheEntry(
        min(entry.written_at, at),
        max(entry.expires_at, at + lifetime_seconds),
        max(entry.lifetime_seconds, lifetime_seconds),
    )


def _use(
    segments: Sequence[PromptSegment],
    ends: Sequence[float],
    marked: Sequence[int],
    hit: int,
    rules: CacheRules,
) -> CacheUse:
    """What was read up to the entry, and written from there to the last breakpoint: for an hour up to the
    last one that says so."""
    read = rules.cached(ends[hit]) if hit >= 0 else 0
    until = max(rules.cached(ends[marked[-1]]), read)
    for_hour = [place for place in marked if segments[place].lifetime_seconds == HOUR]
    until_1h = max(rules.cached(ends[for_hour[-1]]), read) if for_hour else read
    return CacheUse(read, until - until_1h, until_1h - read)
