"""The page of money over many requests, and its files."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from optimizer_app.models import Project
from tests.dashboard.pages import page_text
from tests.optimizer_app.spend.receipts import CLAUDE, claude_receipt, receipt_of


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
