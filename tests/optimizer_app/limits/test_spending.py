"""What was billed in a period, and the event of a budget that is nearly spent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from optimizer_app.limits.spending import period_end, period_start, spent_usd
from optimizer_app.limits.values import Limits
from optimizer_app.limits.warnings import warn_if_near
from optimizer_app.limits.windows import Holder
from optimizer_app.models import ApiKey, Event, Project
from optimizer_app.rollups.rolling import roll_up
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record

NOW = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)
A_DAY = Limits(budget_usd=Decimal(1), budget_period="day")


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("day", datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        ("month", datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_periods_are_days_and_months_of_utc(period: str, start: datetime, end: datetime) -> None:
    assert (period_start(period, NOW), period_end(period, NOW)) == (start, end)


def test_each_request_counts_once_with_its_key_and_its_project(project: Project) -> None:
    one, other = (ApiKey.issue(project=project, name=name)[0] for name in ("one", "other"))
    # 1,000 tokens in and 100 out of gpt-4o: $0.0035
    billed = {"usage_input_tokens": 1_000, "usage_output_tokens": 100}
    records = [new_record(project.pk, api_key_id=key.pk, **billed) for key in (one, one, other)]
    store(records)
    store(records)
    roll_up(timezone.now() + timedelta(hours=1))

    spent = [spent_usd(project.pk, pk, A_DAY, timezone.now()) for pk in (one.pk, other.pk, None)]

    assert spent == [Decimal("0.007"), Decimal("0.0035"), Decimal("0.0105")]


def test_without_a_budget_nothing_is_summed(project: Project) -> None:
    store([new_record(project.pk)])

    assert spent_usd(project.pk, None, Limits(), timezone.now()) == 0


def test_a_budget_is_warned_of_once_in_each_period(project: Project) -> None:
    key = ApiKey.issue(project=project, name="ci")[0]

    def warned(spent: str, limits: Limits = A_DAY, now: datetime = NOW) -> int:
        warn_if_near(project, Holder("this key", project.pk, key.pk, limits, Decimal(spent)), now)
        return Event.objects.count()

    assert warned("0.79") == 0
    assert warned("0.8") == 1
    assert warned("0.9") == 1
    assert warned("0.9", now=NOW + timedelta(days=1)) == 2
    assert warned("1.9", Limits(budget_usd=Decimal(2), budget_period="day")) == 3
    event = Event.objects.earliest("created_at")
    assert event.event_type == "budget_warning"
    assert event.payload["api_key"] == str(key.pk)
    assert event.payload["budget"] == {
        "of": "key", "period": "day", "budget_usd": "1", "spent_usd": "0.8"
    }  # fmt: skip
