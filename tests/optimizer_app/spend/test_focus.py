"""The bills in FOCUS's columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone

from optimizer_app.models import ApiKey, Project
from optimizer_app.rollups.reading import Selection, Stretch
from optimizer_app.rollups.spans import DAY
from optimizer_app.spend.focus import COLUMNS, focus_rows
from tests.optimizer_app.spend.focus_columns import faults
from tests.optimizer_app.spend.receipts import CLAUDE, claude_receipt, receipt_of


def rows_of(project: Project) -> list[dict[str, Any]]:
    now = timezone.now()
    rows = focus_rows(Selection((project.pk,)), Stretch(now - DAY, now + DAY))
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def test_every_row_is_as_the_specification_wants_it(project: Project) -> None:
    key, _ = ApiKey.issue(project=project, name="ci")
    claude_receipt(project, api_key_id=key.pk, tags={"customer": "acme"})
    receipt_of(project)
    rows = rows_of(project)
    assert {row["SubAccountName"] for row in rows} == {"ci", None}
    assert [faults(row) for row in rows] == [[]] * len(rows)
    for row in rows:
        assert row["ListUnitPrice"] * row["PricingQuantity"] == row["ListCost"]
        assert row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["ChargePeriodEnd"]
        assert row["ChargePeriodEnd"] <= row["BillingPeriodEnd"]
        # What belongs together is null together.
        assert (row["SubAccountId"] is None) is (row["SubAccountType"] is None)
    assert len(set(COLUMNS)) == len(COLUMNS)


def test_what_the_specification_does_not_allow_is_found(project: Project) -> None:
    receipt_of(project)
    row = {**rows_of(project)[0], "BilledCost": None, "ChargeCategory": "Use", "Speed": 1}
    del row["ProviderName"]
    found = ["ProviderName is missing", "BilledCost is null", "ChargeCategory is 'Use'", "Speed is no column"]
    assert faults(row) == found


def test_a_row_is_one_kind_of_token_of_a_day(project: Project) -> None:
    key, _ = ApiKey.issue(project=project, name="ci")
    trace = claude_receipt(project, api_key_id=key.pk)
    rows = {row["SkuId"]: row for row in rows_of(project)}

    assert list(rows) == [
        f"{CLAUDE}/{kind}" for kind in ("input", "cache_read", "cache_write", "cache_write_1h", "output")
    ]
    read = rows[f"{CLAUDE}/cache_read"]
    assert (read["ConsumedQuantity"], read["ConsumedUnit"]) == (200, "Tokens")
    assert (read["ListUnitPrice"], read["PricingUnit"]) == (Decimal("0.3"), "1000000 Tokens")
    assert read["BilledCost"] == read["ListCost"] == Decimal("0.00006")
    assert (read["SubAccountName"], read["Tags"]) == ("ci", '{"tag": "nightly"}')
    assert (read["ServiceCategory"], read["ChargeCategory"]) == ("AI and Machine Learning", "Usage")
    assert sum(row["BilledCost"] for row in rows.values()) == trace.billed_usd


def test_savings_stand_once_in_columns_of_ours(project: Project) -> None:
    traces = [receipt_of(project), receipt_of(project)]
    first, *others = rows_of(project)

    assert first["x_Requests"] == 2
    assert first["x_NetSavings"] == sum(trace.net_usd for trace in traces)
    assert first["x_CostWithoutUs"] == sum(trace.net_usd + trace.billed_usd for trace in traces)
    assert {row["x_NetSavings"] for row in others} == {None}


def test_another_projects_bills_are_not_in_it(project: Project) -> None:
    receipt_of(Project.objects.create(name="theirs"))

    assert rows_of(project) == []
