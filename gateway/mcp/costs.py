"""`costs`: tokens and money of a period, by what somebody pays for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from django.utils import timezone
from pydantic import Field

from gateway.mcp.arguments import Arguments
from gateway.mcp.asking import Asked
from optimizer_app.models import ApiKey
from optimizer_app.rollups.reading import Selection, Stretch, sums
from optimizer_app.rollups.windows import RANGES, Window

MAX_ROWS = 100
_COLUMNS = {
    "model": "model", "config": "config_name", "key": "api_key_id", "tag": "tag", "route": "route",
    "day": "bucket",
}  # fmt: skip
_MEASURES = (
    "requests", "priced", "tokens_before", "tokens_after", "gross_usd", "net_usd", "read_back_usd",
    "billed_usd",
)  # fmt: skip
_MONEY = ("gross_usd", "net_usd", "read_back_usd")

Period = Literal[*RANGES]  # type: ignore[valid-type]
By = Literal["model", "config", "key", "tag", "route", "day"]


class CostQuestion(Arguments):
    period: Period = Field("24h", description="Up to now.")
    by: By | None = Field(None, description="One row for each; without it one row for all.")


async def costs(asked: Asked, question: CostQuestion) -> dict[str, Any]:
    window = Window.ending_at(timezone.now(), RANGES[question.period])
    rows = await asked.read(lambda: _rows(asked, question.by, window))
    shown = rows[:MAX_ROWS]
    left_out = len(rows) - len(shown)
    return {"start": window.start, "end": window.end, "rows": shown, "rows_left_out": left_out}


def _rows(asked: Asked, by: By | None, window: Window) -> list[dict[str, Any]]:
    stretch = Stretch(window.start, window.end, timedelta(days=1)) if by == "day" else window.stretch
    columns = [_COLUMNS[by]] if by else []
    found = sums(Selection((asked.caller.project_id,)), stretch, columns, _MEASURES)
    names = _names_of_keys(asked) if by == "key" else {}
    rows = [_row(by, row, names) for row in found if row["requests"]]
    return sorted(rows, key=lambda row: str(row["day"]) if by == "day" else -row["requests"])


def _row(by: By | None, sums_of: dict[str, Any], names: dict[Any, str]) -> dict[str, Any]:
    """One row; what was saved is None where the price of no request is known."""
    row = dict(sums_of)
    key = row.pop(_COLUMNS[by]) if by else None
    if not row.pop("priced"):
        row |= dict.fromkeys(_MONEY)
    row["tokens_saved"] = row["tokens_before"] - row["tokens_after"]
    if by is None:
        return row
    shown = key.date() if isinstance(key, datetime) else key
    return {by: shown, "name": names.get(key, ""), **row} if by == "key" else {by: shown, **row}


def _names_of_keys(asked: Asked) -> dict[Any, str]:
    return dict(ApiKey.objects.filter(project_id=asked.caller.project_id).values_list("id", "name"))
