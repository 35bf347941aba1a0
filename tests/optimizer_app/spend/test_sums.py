"""Money over many requests: each sum is that of its receipts, from traces and from rollups alike."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from optimizer_app.models import ApiKey, CutRollup, Project, SpendRollup, TraceRollup
from optimizer_app.receipts.receipt import Receipt
from optimizer_app.rollups.reading import Selection, Stretch
from optimizer_app.rollups.rolling import roll_up_all
from optimizer_app.rollups.spans import DAY
from optimizer_app.spend.drifts import model_drifts
from optimizer_app.spend.sums import By, SpendRow, spend_by, spend_by_rule, total_of
from tests.optimizer_app.spend.receipts import CLAUDE, claude_receipt, receipt_of


def by(project: Project, name: By) -> list[SpendRow]:
    now = timezone.now()
    return spend_by(Selection((project.pk,)), Stretch(now - DAY, now + DAY), name)


def test_the_sums_are_those_of_the_receipts(project: Project) -> None:
    traces = [receipt_of(project), receipt_of(project), claude_receipt(project)]
    receipts = [Receipt.from_dict(trace.receipt) for trace in traces if trace.receipt]
    total = total_of(by(project, "model"))

    assert (total.requests, total.priced) == (3, 3)
    assert total.billed_usd == sum(receipt.billed.usd for receipt in receipts)
    without_us = sum(receipt.without_us.usd for receipt in receipts if receipt.without_us)
    assert total.without_us_usd == pytest.approx(without_us)
    assert total.net_usd == pytest.approx(total.without_us_usd - total.billed_usd)
    assert total.cache_effect_usd == pytest.approx(sum(receipt.cache_effect_usd or 0 for receipt in receipts))
    assert total.breakpoints_usd == sum(receipt.breakpoints_usd or 0 for receipt in receipts)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("model", [CLAUDE, "gpt-4o"]),
        ("provider", ["anthropic", "openai"]),
        ("tag", ["", "nightly"]),
        ("day", [f"{timezone.now():%Y-%m-%d}"]),
    ],
)
def test_each_way_to_add_up(project: Project, name: By, values: list[str]) -> None:
    receipt_of(project)
    claude_receipt(project)

    assert sorted(row.value for row in by(project, name)) == values


def test_a_key_is_known_by_its_name(project: Project) -> None:
    key, _ = ApiKey.issue(project=project, name="ci")
    receipt_of(project, api_key_id=key.pk)
    receipt_of(project)

    assert {row.value for row in by(project, "key")} == {str(key), ""}


def test_a_rule_has_paid_for_what_was_wanted_again(project: Project) -> None:
    trace = claude_receipt(project)
    assert trace.receipt is not None
    logs = next(saving for saving in Receipt.from_dict(trace.receipt).rules if saving.rule == "logs")
    now = timezone.now()
    found = spend_by_rule(Selection((project.pk,)), Stretch(now - DAY, now + DAY))
    row = next(row for row in found if row.rule == "logs")

    assert (row.tokens, row.gross_usd, row.re_read_usd) == (600, logs.gross_usd, logs.re_read_usd)
    assert row.net_usd == pytest.approx(row.gross_usd - row.cache_effect_usd - row.re_read_usd)
    assert row.re_read_usd > 0


def test_rollups_say_the_same(project: Project) -> None:
    receipt_of(project)
    claude_receipt(project)
    before = by(project, "model")
    rules = spend_by_rule(Selection((project.pk,)), Stretch(timezone.now() - DAY, timezone.now() + DAY))
    roll_up_all(timezone.now() + DAY)

    assert TraceRollup.objects.exists()
    assert CutRollup.objects.filter(rule="logs", net_usd__gt=0).exists()
    assert SpendRollup.objects.filter(kind="cache_write_1h", tokens=20).exists()
    assert by(project, "model") == before
    now = timezone.now()
    again = spend_by_rule(Selection((project.pk,)), Stretch(now - DAY, now + DAY))
    assert [row.rule for row in again] == [row.rule for row in rules]
    assert [row.net_usd for row in again] == pytest.approx([row.net_usd for row in rules])


def test_drift_is_that_of_the_model(project: Project) -> None:
    receipt_of(project)
    claude_receipt(project, usage_input_tokens=330)

    assert [(row.model, round(row.drift.share, 3)) for row in model_drifts([project.pk])] == [
        (CLAUDE, 0.1),
        ("gpt-4o", 0.017),
    ]
    assert model_drifts([]) == []


def test_without_a_price_nothing_is_summed(project: Project) -> None:
    receipt_of(project, model="of-our-own")
    [row] = by(project, "model")

    assert (row.spend.requests, row.spend.priced, row.spend.billed_usd) == (1, 0, Decimal(0))
    assert row.spend.saved_share is None
