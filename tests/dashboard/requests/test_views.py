"""The list of requests."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from dashboard.requests import views
from dashboard.shell import csv_file
from optimizer_app.models import ApiKey, Project, RequestTrace
from tests.dashboard.pages import page_text, streamed_text
from tests.dashboard.traces.rows import make_trace


def page(client: Client, path: str) -> str:
    return page_text(client, path)


def csv_rows(client: Client, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(streamed_text(client, path).splitlines()))


def listed(client: Client, path: str = "/requests") -> list[UUID]:
    """The ids of the rows, in their order."""
    return [UUID(found) for found in re.findall(r'href="/requests/([0-9a-f-]{36})', page(client, path))]


def test_it_works(as_admin: Client, project: Project) -> None:
    older = make_trace(project, age=timedelta(minutes=9))
    newer = make_trace(project)
    assert listed(as_admin) == [newer.pk, older.pk]
    text = page(as_admin, "/requests")
    assert "1,000" in text
    assert "−60%" in text


def test_oldest_first(as_admin: Client, project: Project) -> None:
    older = make_trace(project, age=timedelta(minutes=9))
    newer = make_trace(project)
    assert listed(as_admin, "/requests?sort=oldest") == [older.pk, newer.pk]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("model=claude", {"model": "claude"}),
        ("tag=nightly", {"tag": "nightly"}),
        ("flag=same", {"tokens_after": 1000}),
        ("status=error&flag=negative", {"status": "error", "net_usd": Decimal(-1)}),
        ("route=cache", {"route": "cache"}),
        ("status=interrupted", {"status": "interrupted"}),
        ("flag=fallback", {"fallback_used": True}),
        ("flag=budget", {"over_budget": "900 tokens are left of a budget of 800"}),
        ("flag=compaction", {"compacted": True}),
        ("flag=failed", {"stages": [{"name": "logs", "status": "failed"}]}),
        ("flag=negative", {"net_usd": Decimal(-1)}),
        ("flag=error", {"status": "error"}),
        ("flag=interrupted", {"status": "interrupted"}),
    ],
)
def test_filters(as_admin: Client, project: Project, query: str, fields: dict[str, Any]) -> None:
    make_trace(project)
    wanted = make_trace(project, **fields)
    assert listed(as_admin, f"/requests?{query}") == [wanted.pk]


def test_choices_say_how_many_requests_they_lead_to(as_admin: Client, project: Project) -> None:
    make_trace(project, net_usd=Decimal(-1))
    make_trace(project, model="o3", status="error", net_usd=Decimal(-1))
    make_trace(project, model="o3", route="cache", tokens_after=1000)
    text = page(as_admin, "/requests")
    assert ">gpt-4o (1)<" in text
    assert ">o3 (2)<" in text
    assert ">Cache (1)<" in text
    assert ">OK (2)<" in text
    assert ">Net negative (2)<" in text
    assert ">Not made smaller (1)<" in text
    of_model = page(as_admin, "/requests?model=o3")
    assert ">Net negative (1)<" in of_model
    assert ">gpt-4o (1)<" in of_model
    of_flag = page(as_admin, "/requests?flag=negative")
    assert ">o3 (1)<" in of_flag
    assert ">OK<" in of_flag
    assert ">o3 (1)<" in page(as_admin, "/requests?status=ok")
    assert ">o3<" in page(as_admin, "/requests?status=error&flag=negative")


def test_a_key_is_told_by_its_name(
    as_member: Client, as_admin: Client, project: Project, foreign_project: Project
) -> None:
    own, _ = ApiKey.issue(project=project, name="own key")
    foreign, _ = ApiKey.issue(project=foreign_project, name="foreign key")
    wanted = make_trace(project, api_key=own)
    make_trace(foreign_project, api_key=foreign)
    assert listed(as_admin, f"/requests?key={own.pk}") == [wanted.pk]
    assert f"{foreign_project.name}: foreign key (1)" in page(as_admin, "/requests")
    assert "foreign key" not in page(as_member, f"/requests?key={foreign.pk}")


def test_filters_add_up(as_admin: Client, project: Project) -> None:
    make_trace(project, model="claude")
    wanted = make_trace(project, model="claude", route="cache")
    assert listed(as_admin, "/requests?model=claude&route=cache") == [wanted.pk]


def test_id_is_found_outside_the_window(as_admin: Client, project: Project) -> None:
    old = make_trace(project, age=timedelta(days=20))
    make_trace(project)
    assert listed(as_admin, f"/requests?q={old.pk}") == [old.pk]
    assert listed(as_admin, f"/requests?q={str(old.pk)[:11].upper()}") == [old.pk]


def test_what_is_no_id_is_said(as_admin: Client, project: Project) -> None:
    make_trace(project)
    text = page(as_admin, "/requests?q=hello")
    assert "An id holds only digits" in text
    assert "No request matches" in text


def test_no_match_names_the_filters_and_clears_them(as_admin: Client, project: Project) -> None:
    make_trace(project)
    text = page(as_admin, "/requests?model=other&range=7d")
    assert "No request matches" in text
    assert "model: other" in text
    assert 'href="/requests?range=7d">Clear' in text


def test_unknown_filter_value_matches_nothing(as_admin: Client, project: Project) -> None:
    make_trace(project)
    assert listed(as_admin, "/requests?route=sideways") == []


def test_empty_list_waits(as_admin: Client, project: Project) -> None:
    assert "Waiting for the first request" in page(as_admin, "/requests")


def test_pages_by_cursor_there_and_back(as_admin: Client, project: Project) -> None:
    made = [make_trace(project, age=timedelta(minutes=number)).pk for number in range(1, 121)]
    first = listed(as_admin)
    assert first == made[:50]
    second = listed(as_admin, f"/requests?after={first[-1]}")
    assert second == made[50:100]
    assert listed(as_admin, f"/requests?after={second[-1]}") == made[100:]
    assert listed(as_admin, f"/requests?before={second[0]}") == first
    assert 'rel="prev"' not in page(as_admin, "/requests")
    assert 'rel="next"' not in page(as_admin, f"/requests?after={second[-1]}")


def test_cursor_that_is_no_id_is_ignored(as_admin: Client, project: Project) -> None:
    trace = make_trace(project)
    assert listed(as_admin, "/requests?after=nonsense") == [trace.pk]


def test_member_sees_own_rows_only(as_member: Client, project: Project, foreign_project: Project) -> None:
    own = make_trace(project)
    foreign = make_trace(foreign_project, model="secret-model")
    assert listed(as_member) == [own.pk]
    assert listed(as_member, f"/requests?q={foreign.pk}") == []
    assert "secret-model" not in page(as_member, "/requests")
    assert "secret-model" not in streamed_text(as_member, "/requests.csv")


def test_csv(as_admin: Client, project: Project) -> None:
    make_trace(project, model='=HYPERLINK("http://evil")')
    make_trace(project, model="gpt-4o", gross_usd=Decimal("0.0412"))
    rows = csv_rows(as_admin, "/requests.csv")
    assert [row["tokens_saved"] for row in rows] == ["600", "600"]
    assert rows[0]["gross_usd"] == "0.041200000"
    assert rows[1]["model"] == '\'=HYPERLINK("http://evil")'
    only = csv_rows(as_admin, "/requests.csv?model=gpt-4o")
    assert [row["model"] for row in only] == ["gpt-4o"]


def test_csv_has_as_many_rows_as_it_may_and_comes_in_parts(
    as_admin: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = [make_trace(project, age=timedelta(minutes=1 + number)) for number in range(5)][:4]
    monkeypatch.setattr(views, "MAX_CSV_ROWS", 4)
    monkeypatch.setattr(csv_file, "CHUNK_ROWS", 2)
    assert [row["id"] for row in csv_rows(as_admin, "/requests.csv")] == [str(row.pk) for row in newest]


def test_pill_counts_what_came_since_and_matches(as_admin: Client, project: Project) -> None:
    seen = make_trace(project, age=timedelta(minutes=5))
    make_trace(project)
    make_trace(project, model="other")
    path = f"/requests/new?seen={seen.pk}"
    assert "2 new" in page(as_admin, path)
    assert "1 new" in page(as_admin, f"{path}&model=other")
    newest = RequestTrace.objects.first()
    assert newest is not None
    assert "new" not in page(as_admin, f"/requests/new?seen={newest.pk}")


def test_flags_are_shown(as_admin: Client, project: Project) -> None:
    make_trace(project, status="error", http_status=502, fallback_used=True)
    text = page(as_admin, "/requests")
    assert "error 502" in text
    assert "+1" in text
