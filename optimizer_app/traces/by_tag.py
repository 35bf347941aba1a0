"""What requests with the values of one tag came to: customers, features, whatever clients call them by.

Read from the traces of the time that is asked for, so only of what is still kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Sum
from django.db.models.fields.json import KeyTextTransform

from optimizer_app.models.traces.trace import RequestTraceQuerySet

MAX_VALUES = 1_000


@dataclass(frozen=True, slots=True)
class TagSum:
    """The requests with one value of the tag. Money is US dollars; None where no request has a price."""

    value: str
    requests: int
    tokens_before: int
    tokens_after: int
    billed_usd: Decimal | None
    net_usd: Decimal | None


def sums_by_tag(traces: RequestTraceQuerySet, name: str) -> Sequence[TagSum]:
    """One sum for each value of the tag among these traces, what costs most first."""
    rows = (
        traces.filter(tags__has_key=name)
        .order_by()
        .values(value=KeyTextTransform(name, "tags"))
        .annotate(
            requests=Count("pk"),
            before=Sum("tokens_before"),
            after=Sum("tokens_after"),
            billed=Sum("billed_usd"),
            net=Sum("net_usd"),
        )
        .order_by(F("billed").desc(nulls_last=True), "-requests", "value")[:MAX_VALUES]
    )
    return [
        TagSum(row["value"], row["requests"], row["before"], row["after"], row["billed"], row["net"])
        for row in rows
    ]
