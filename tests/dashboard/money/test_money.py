"""The page of money over many requests, and its files."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from django.test import Client

from dashboard.numbers.formats import money, percent
from optimizer_app.models import Project, RequestTrace
from optimizer_app.trace_ids import new_trace_id
from optimizer_app.traces.storing.store import store
from tests.dashboard.pages import page_text
from tests.optimizer_app.spend.receipts import CLAUDE, claude_receipt, receipt_of
from tests.optimizer_app.traces.records import new_record
from token_optimizer.models import PromptSegment


def lines(client: Client, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_without_requests_it_says_so(as_member: Client, project: Project) -> None:
    assert "No request in the last 24 hours" in page_text(as_member, "/money")


def test_it_adds_up_by_rule_at_first(as_member: Client, project: Project) -> None:
    claude_receipt(project)
    page = page_text(as_member, "/money")

    assert "net saved" in page
    assert "by our breakpoints" in page
    assert page.index(">logs</td>") < page.index(">dedupe</td>")


@pytest.mark.parametrize(
    ("by", "value"), [("model", CLAUDE), ("tag", "nightly"), ("provider", "anthropic"), ("key", "none")]
)
def test_it_adds_up_by_what_is_asked_for(as_member: Client, project: Project, by: str, value: str) -> None:
    claude_receipt(project)

    assert f">{value}</td>" in page_text(as_member, f"/money?by={by}")


def test_it_is_filtered(as_member: Client, project: Project) -> None:
    receipt_of(project)
    claude_receipt(project)

    assert "gpt-4o</td>" not in page_text(as_member, f"/money?by=model&model={CLAUDE}").split('id="drift"')[0]


def test_drift_above_five_percent_is_marked(as_member: Client, project: Project) -> None:
    for _ in range(20):
        claude_receipt(project, usage_input_tokens=330)
    page = page_text(as_member, "/money")

    assert "+10%" in page
    assert "above 5%" in page


def test_anothers_money_does_not_show(as_member: Client, project: Project, foreign_project: Project) -> None:
    receipt_of(foreign_project)

    assert "No request in the last 24 hours" in page_text(as_member, "/money")
    assert lines(as_member, "/money/focus.csv") == []


def test_the_csv_has_what_the_page_shows(as_member: Client, project: Project) -> None:
    trace = claude_receipt(project)
    [row] = lines(as_member, "/money.csv?by=model")

    assert row["model"] == CLAUDE
    assert row["billed_usd"] == str(trace.billed_usd)
    assert {row["rule"] for row in lines(as_member, "/money.csv")} == {"logs", "dedupe"}


def test_focus_is_a_file(as_member: Client, project: Project) -> None:
    claude_receipt(project)
    rows = lines(as_member, "/money/focus.csv")

    assert rows[0]["SkuMeter"] == "Input tokens"
    assert rows[0]["ChargePeriodStart"].endswith("T00:00:00Z")


def test_it_adds_up_by_each_tag_that_clients_give(as_member: Client, project: Project) -> None:
    claude_receipt(project, tags={"customer": "acme", "feature": "search"})
    page = page_text(as_member, "/money?by=tag")

    assert "by=tag&amp;name=customer" in page
    assert ">acme</td>" in page_text(as_member, "/money?by=tag&name=customer")
    [row] = lines(as_member, "/money.csv?by=tag&name=feature")
    assert (row["tag"], row["requests"]) == ("search", "1")


def test_what_is_said_to_be_saved_is_what_the_bill_came_down_by(as_member: Client, project: Project) -> None:
    """Two turns whose prompts are cut by 90 %; of the second one the provider would have read nearly all from
    its cache, at half the price."""
    first = new_record(
        project.pk,
        tokens_before=10_000,
        tokens_after=1_000,
        usage_input_tokens=1_000,
        usage_cached_tokens=0,
        usage_output_tokens=0,
        segments=[PromptSegment("same", 10_000, 600)],
    )
    later = {"id": new_trace_id(), "created_at": first.created_at + timedelta(seconds=1)}
    store([first, msgspec.structs.replace(first, **later)])
    traces = list(RequestTrace.objects.order_by("pk"))
    saved = [trace.net_usd for trace in traces]
    without_us = sum(trace.billed_usd + trace.net_usd for trace in traces)
    assert saved == [Decimal("0.0225"), Decimal("0.01002")]
    share = percent(float(sum(saved) / without_us))
    assert share == "87%"
    text = page_text(as_member, "/money")
    assert f'<strong class="saved">{money(sum(saved))}</strong> net saved' in text
    assert f"without us {money(without_us)}, so that {share} was saved" in text
    assert f'<strong class="saved">{money(sum(saved))}</strong> net saved' in page_text(as_member, "/")
    for trace in traces:
        assert money(trace.net_usd) in page_text(as_member, f"/requests/{trace.pk}")
    assert "90% saved" not in text
