"""How much of its limits a key or a project uses now, for people to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from optimizer_app.background.valkey import traffic_client
from optimizer_app.limits.values import NEARLY_SPENT
from optimizer_app.limits.windows import SCRIPTS, Counted, Holder
from optimizer_app.valkey.cluster import VALKEY_ERRORS


@dataclass(frozen=True, slots=True)
class Used:
    """What was used of one bound, in dollars of a budget. `used` None: Valkey, which counts it, does not
    answer."""

    name: str
    used: int | Decimal | None
    limit: int | Decimal

    @property
    def is_nearly_spent(self) -> bool:
        return self.used is not None and self.used >= self.limit * NEARLY_SPENT


def present_use(holder: Holder) -> list[Used]:
    """One entry for each bound that is set."""
    limits = holder.limits
    names = ("requests_per_minute", "tokens_per_minute", "concurrent_requests")
    found = [
        Used(name, used, limit)
        for name, used, limit in zip(names, _counted(holder), limits.counted, strict=True)
        if limit is not None
    ]
    if limits.budget_usd is not None:
        found.append(Used("budget_usd", holder.spent_usd, limits.budget_usd))
    return found


def _counted(holder: Holder) -> Sequence[int | None]:
    if not holder.limits.is_counted:
        return [None] * len(Counted)
    try:
        with traffic_client() as client:
            return list(client.register_script(SCRIPTS["use"])(keys=holder.keys[: len(Counted)]))
    except VALKEY_ERRORS:
        return [None] * len(Counted)
