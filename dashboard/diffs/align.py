"""Aligns two texts in parts of lines or words, in a time that grows with their size and not with its square.

What was cut leaves a subsequence, which is found in one pass. Elsewhere parts that stand once in both texts
are anchors, those that keep their order; what lies between two anchors is aligned alike, some levels deep.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAX_LEVELS = 6


class Stretch(NamedTuple):
    """Parts that are the same in both texts, or those of one in the place of those of the other."""

    same: bool
    before: Sequence[str]
    after: Sequence[str]


def aligned(before: Sequence[str], after: Sequence[str]) -> list[Stretch]:
    """The stretches of both texts in order; joined they give the texts again."""
    return list(_merged(_aligned(before, after, MAX_LEVELS)))


def _aligned(before: Sequence[str], after: Sequence[str], levels: int) -> Iterator[Stretch]:
    start = _common_start(before, after)
    end = _common_start(before[start:][::-1], after[start:][::-1])
    yield Stretch(True, before[:start], after[:start])
    yield from _middle(before[start : len(before) - end], after[start : len(after) - end], levels)
    yield Stretch(True, before[len(before) - end :], after[len(after) - end :])


def _middle(before: Sequence[str], after: Sequence[str], levels: int) -> Iterator[Stretch]:
    """What begins and ends differently in both."""
    pairs = _subsequence(before, after)
    if pairs is None:
        pairs = _anchors(before, after) if levels else []
        levels -= 1
    else:
        levels = 0
    at_before = at_after = 0
    for mine, other in pairs:
        yield from _gap(before[at_before:mine], after[at_after:other], levels)
        yield Stretch(True, before[mine : mine + 1], after[other : other + 1])
        at_before, at_after = mine + 1, other + 1
    yield from _gap(before[at_before:], after[at_after:], levels if pairs else 0)


def _gap(before: Sequence[str], after: Sequence[str], levels: int) -> Iterator[Stretch]:
    if before and after and levels:
        yield from _aligned(before, after, levels)
    elif before or after:
        yield Stretch(False, before, after)


def _common_start(before: Sequence[str], after: Sequence[str]) -> int:
    pairs = zip(before, after, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(before), len(after)))


def _subsequence(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]] | None:
    """The places of the one in the other, where nothing of it is new."""
    pairs, at = [], 0
    for other, part in enumerate(after):
        while at < len(before) and before[at] != part:
            at += 1
        if at == len(before):
            return None
        pairs.append((at, other))
        at += 1
    return pairs


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Parts that stand once in both: the longest run of them that comes in the same order in both."""
    once = {part for part, count in Counter(before).items() if count == 1}
    once &= {part for part, count in Counter(after).items() if count == 1}
    places = {part: at for at, part in enumerate(after) if part in once}
    return _rising([(at, places[part]) for at, part in enumerate(before) if part in once])


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs whose second numbers rise, as their first ones do."""
    ends: list[int] = []
    ends_at: list[int] = []
    came_from: list[int] = []
    for number, (_, other) in enumerate(pairs):
        length = bisect_left(ends, other)
        came_from.append(ends_at[length - 1] if length else -1)
        ends[length : length + 1] = [other]
        ends_at[length : length + 1] = [number]
    run, at = [], ends_at[-1] if ends_at else -1
    while at >= 0:
        run.append(pairs[at])
        at = came_from[at]
    return run[::-1]


def _merged(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """Neighbours of one kind as one, without empty ones."""
    last: Stretch | None = None
    for found in stretches:
        if not (found.before or found.after):
            continue
        if last is not None and last.same == found.same:
            last = Stretch(last.same, [*last.before, *found.before], [*last.after, *found.after])
            continue
        if last is not None:
            yield last
        last = found
    if last is not None:
        yield last
