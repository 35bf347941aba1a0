"""Why requests were not made smaller: the reasons, each with its share of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.traces.why_not import REASONS
from token_optimizer.models import WhyNot


@dataclass(frozen=True, slots=True)
class ReasonShare:
    """A reason, how many requests had it, and which share of all that were not made smaller."""

    name: str
    label: str
    clause: str
    count: int
    share: float


def reason_shares(counts: Mapping[WhyNot, int]) -> list[ReasonShare]:
    """The most frequent first, as they are given."""
    requests = sum(counts.values())
    return [
        ReasonShare(reason.value, REASONS[reason].label, REASONS[reason].clause, count, count / requests)
        for reason, count in counts.items()
    ]
