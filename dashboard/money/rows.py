"""The rows of the table: of rules, or of whatever else requests are added up by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from optimizer_app.spend.sums import RuleSpend, SpendRow

RULE = "rule"
LABELS = {
    RULE: "Rule", "key": "Key", "tag": "Tag", "model": "Model", "provider": "Provider", "day": "Day",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row. A rule has no bill of its own; `cut` are the tokens that it cut."""

    value: str
    requests: int | None
    cut: int | None
    billed_usd: Decimal | None
    without_us_usd: Decimal | None
    gross_usd: Decimal
    cache_effect_usd: Decimal
    breakpoints_usd: Decimal | None
    wanted_usd: Decimal
    net_usd: Decimal
    saved_share: float | None


def rule_rows(found: Sequence[RuleSpend]) -> list[ShownRow]:
    """What was wanted again of what a rule cut counts whichever way it came back."""
    return [
        ShownRow(
            value=row.rule,
            requests=None,
            cut=row.tokens,
            billed_usd=None,
            without_us_usd=None,
            gross_usd=row.gross_usd,
            cache_effect_usd=row.cache_effect_usd,
            breakpoints_usd=None,
            wanted_usd=row.read_back_usd + row.re_read_usd,
            net_usd=row.net_usd,
            saved_share=None,
        )
        for row in found
    ]


def spend_rows(found: Sequence[SpendRow]) -> list[ShownRow]:
    """Rows of keys, tags, models, providers or days."""
    return [
        ShownRow(
            value=row.value,
            requests=row.spend.requests,
            cut=None,
            billed_usd=row.spend.billed_usd,
            without_us_usd=row.spend.without_us_usd,
            gross_usd=row.spend.gross_usd,
            cache_effect_usd=row.spend.cache_effect_usd,
            breakpoints_usd=row.spend.breakpoints_usd,
            wanted_usd=row.spend.read_back_usd,
            net_usd=row.spend.net_usd,
            saved_share=row.spend.saved_share,
        )
        for row in found
    ]
