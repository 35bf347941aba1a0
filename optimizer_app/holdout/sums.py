"""What is known of both groups: sums, from which ratios and their intervals follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Sums:
    """Of the conversations that have any of what a metric is of: how many they are, the sums of `counted` and
    `of`, and those of their squares and products."""

    units: int
    counted: float
    of: float
    counted_squared: float
    of_squared: float
    product: float

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[float, float]]) -> Self:
        """From what is counted of each conversation, and of how many; at least one."""
        products = ((counted, of, counted**2, of**2, counted * of) for counted, of in pairs)
        return cls(len(pairs), *map(sum, zip(*products, strict=True)))


@dataclass(frozen=True, slots=True)
class GroupSums:
    """One group: its conversations, requests and reasons of endings, and the sums of each metric."""

    conversations: int
    requests: int
    finish_reasons: Mapping[str, int]
    sums: Mapping[str, Sums]


EMPTY_GROUP = GroupSums(0, 0, {}, {})
