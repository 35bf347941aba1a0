"""What each config cut and saved in the last seven days."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from optimizer_app.rollups.reading import Selection, sums
from optimizer_app.rollups.windows import RANGES, Window

_MEASURES = ("tokens_before", "tokens_after", "priced", "net_usd")


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """`net_usd` None: no request's money is known."""

    before: int = 0
    after: int = 0
    net_usd: Decimal | None = None


Configured = tuple[uuid.UUID, str]


def week_figures(project_ids: tuple[uuid.UUID, ...]) -> dict[Configured, WeekFigures]:
    """The figures of all configs that the requests of the week met, by project and name, in one query."""
    week = Window.ending_at(timezone.now(), RANGES["7d"])
    rows = sums(Selection(project_ids), week.stretch, ("project_id", "config_name"), _MEASURES)
    return {
        (row["project_id"], row["config_name"]): WeekFigures(
            row["tokens_before"], row["tokens_after"], row["net_usd"] if row["priced"] else None
        )
        for row in rows
    }
