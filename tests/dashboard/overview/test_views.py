"""The overview page."""

from __future__ import annotations

import csv
import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from optimizer_app.models import ApiKey, Project
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import make_trace


def page(client: Client, path: str = "/", **headers: str) -> str:
    return page_text(client, path, headers=headers)


def chart_data(client: Client) -> dict[str, Any]:
    found = re.search(r'<script type="application/json">(.*?)</script>', page(client))
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_it_works(as_admin: Client, project: Project) -> None:
    make_trace(project, gross_usd=Decimal("540.02"), net_usd=Decimal("412.18"), usage_input_tokens=400)
    text = page(as_admin)
    assert '<strong class="saved">$412.18</strong> net saved' in text
    assert "= $540.02 gross − $127.84 cache effect" in text
    assert "last 24 hours, all projects" in text
    assert "100% of 1 request reconciled with the bill" in text
    assert '<dt>Cut</dt><dd>60%</dd><dd class="change">nothing before to compare</dd>' in text


def test_cache_effect_may_be_a_gain(as_admin: Client, project: Project) -> None:
    make_trace(project, gross_usd=Decimal("1.50"), net_usd=Decimal("2.00"))
    assert "= $1.50 gross + $0.5000 cache effect" in page(as_admin)


def test_reading_back_is_told_apart(as_admin: Client, project: Project) -> None:
    make_trace(project, gross_usd=Decimal(5), net_usd=Decimal(2), read_back_usd=Decimal(1))
    assert "= $5.00 gross − $2.00 cache effect − $1.00 reading back" in page(as_admin)


def test_negative_net_is_red_with_its_cause(as_admin: Client, project: Project) -> None:
    make_trace(project, gross_usd=Decimal(1), net_usd=Decimal("-2"))
    text = page(as_admin)
    assert '<strong class="danger">−$2.00</strong> net saved' in text
    assert "Net is negative: cutting cost more of the provider's cache discount" in text.replace(
        "&#x27;", "'"
    )
    assert "1 needs a look:" in text
    assert "flag=negative" in text


def test_unknown_money_is_said_and_not_written_as_zero(as_admin: Client, project: Project) -> None:
    make_trace(project)
    text = page(as_admin)
    assert '<strong class="saved">600</strong> tokens saved' in text
    assert "Money is not counted" in text
    assert "none reconciled with a bill" in text
    assert "$0.00<" not in text


def test_partly_known_money_says_what_it_leaves_out(as_admin: Client, project: Project) -> None:
    make_trace(project, gross_usd=Decimal(3), net_usd=Decimal(2))
    make_trace(project, gross_usd=Decimal(100))
    text = page(as_admin)
    assert "= $3.00 gross − $1.00 cache effect" in text
    assert "Money leaves out 1 without a known price or usage" in text


def test_member_of_nothing_is_told_so(as_member: Client, project: Project) -> None:
    project.members.clear()
    assert "No project yet" in page(as_member)


def test_quiet_window_says_when_the_last_request_came(as_admin: Client, project: Project) -> None:
    make_trace(project, age=timedelta(days=3))
    text = page(as_admin)
    assert "No requests in the last 24 hours" in text
    assert "3 days ago" in text
    assert "60%" in page(as_admin, "/?range=7d")


def test_member_sees_own_projects_only(as_member: Client, project: Project, foreign_project: Project) -> None:
    make_trace(foreign_project, tokens_before=777_000)
    assert "Waiting for the first request" in page(as_member)
    make_trace(project)
    text = page(as_member)
    assert "777k" not in text
    assert "777,000" not in text
    assert foreign_project.name not in text


def test_foreign_project_in_the_url_is_not_found(as_member: Client, foreign_project: Project) -> None:
    assert as_member.get(f"/?project={foreign_project.name}").status_code == 404


def test_project_in_the_url_narrows_every_figure(
    as_admin: Client, project: Project, foreign_project: Project
) -> None:
    make_trace(project)
    make_trace(foreign_project, tokens_before=5000, tokens_after=5000)
    text = page(as_admin, f"/?project={project.name}")
    assert f"last 24 hours, {project.name}" in text
    assert "<dt>Cut</dt><dd>60%</dd>" in text


@pytest.mark.parametrize(
    ("name", "other"),
    [("config", {"config_name": "safe"}), ("model", {"model": "o3"}), ("tag", {"tag": ""}), ("key", {})],
)
def test_a_filter_narrows_every_figure(
    as_admin: Client, project: Project, name: str, other: dict[str, str]
) -> None:
    key, _ = ApiKey.issue(project=project, name="nightly key")
    make_trace(project, tag="nightly", api_key=key)
    make_trace(project, tokens_after=1000, **{"tag": "nightly", **other})
    values = {"config": "balanced", "model": "gpt-4o", "tag": "nightly", "key": str(key.pk)}
    assert "<dt>Cut</dt><dd>30%</dd>" in page(as_admin)
    text = page(as_admin, f"/?{name}={values[name]}")
    assert "<dt>Cut</dt><dd>60%</dd>" in text
    assert f'<option value="{values[name]}" selected>' in text
    assert text.count("data-row") == 1
    assert ">Clear</a>" in text


def test_filters_say_how_many_requests_they_lead_to(as_admin: Client, project: Project) -> None:
    make_trace(project)
    assert 'id="model"' not in page(as_admin)
    make_trace(project, model="o3")
    make_trace(project, model="o3")
    text = page(as_admin)
    assert '<option value="gpt-4o">gpt-4o (1)</option><option value="o3">o3 (2)</option>' in text


def test_another_projects_names_are_no_choices(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    key, _ = ApiKey.issue(project=foreign_project, name="their key")
    make_trace(foreign_project, model="their-model", api_key=key)
    make_trace(project)
    make_trace(project, model="o3")
    text = page(as_member, f"/?key={key.pk}")
    assert "their" not in text


def test_the_newest_figures_stand_beside_the_others(as_admin: Client, project: Project) -> None:
    make_trace(project, faithfulness_score=0.9, cache_hit=True, route="cache", is_repeat=True)
    make_trace(project, faithfulness_score=0.2)
    text = page(as_admin)
    assert "Hits of repeats <b>100%</b>, 1 of 1, target 60%" in text
    assert "Exact cache, of 2 optimized</span><b>50%</b>" in text
    assert "of 2 compressed" in text
    assert text.count('class="f-dropped" x=') == 1
    assert "Which key saved most?" in text


def test_what_no_cache_was_asked_for_has_no_rate(as_admin: Client, project: Project) -> None:
    make_trace(project)
    text = page(as_admin)
    assert "No prompt came again within six hours." in text
    assert "Prefix cache, of 0 later turns</span><b>–</b>" in text


def test_projects_are_ranked_by_what_they_saved(
    as_admin: Client, project: Project, foreign_project: Project
) -> None:
    make_trace(project, gross_usd=Decimal(2), net_usd=Decimal(1))
    make_trace(foreign_project, gross_usd=Decimal(5), net_usd=Decimal(4))
    text = page(as_admin)
    assert "Which project saved most?" in text
    first, second = (text.index(f'title="{name}">') for name in (foreign_project.name, project.name))
    assert first < second


def test_tiles_tell_the_period_before(as_admin: Client, project: Project) -> None:
    make_trace(project)
    make_trace(project, age=timedelta(hours=30), tokens_after=900, fallback_used=True)
    text = page(as_admin)
    assert '<dd>60%</dd><dd class="change">10% in the period before</dd>' in text
    assert '<dd>0%</dd><dd class="change">100% in the period before</dd>' in text


def test_live_refresh_gets_the_fragment_with_the_same_filters(as_admin: Client, project: Project) -> None:
    make_trace(project)
    answer = as_admin.get("/?range=1h", headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert "<html" not in text
    assert "last hour" in text
    assert "HX-Request" in answer["Vary"]


def test_chart_data_sums_to_the_tiles(as_admin: Client, project: Project) -> None:
    for hours in (0, 3, 20):
        make_trace(project, age=timedelta(hours=hours, minutes=1))
    data = chart_data(as_admin)
    assert sum(data["before"]) == 3000
    assert sum(data["sent"]) == 1200
    assert len(data["start"]) == len(data["p95"]) == 96


def test_charts_write_numbers_as_the_page_does(as_admin: Client, project: Project) -> None:
    make_trace(
        project,
        tokens_before=123_456_789,
        tokens_after=1_234,
        gross_usd=Decimal("1234.5"),
        net_usd=Decimal("0.5"),
        latency_ms=1240,
    )
    text, texts = page(as_admin), chart_data(as_admin)["texts"]
    for column, written in {
        "before": "123M", "sent": "1.23k", "gross": "$1,234.50", "net": "$0.5000", "p95": "1.24 s",
    }.items():  # fmt: skip
        assert written in texts[column]
        assert f"<b>{written}</b>" in text


def test_table_shows_what_the_chart_shows(as_admin: Client, project: Project) -> None:
    make_trace(project, tokens_before=56_551, tokens_after=25_611)
    text = page(as_admin, "/?table=tokens")
    assert '<td class="n">56,551</td><td class="n">25,611</td><td class="n">−55%</td>' in text


def test_csv_agrees_with_the_page(as_admin: Client, project: Project) -> None:
    make_trace(project)
    answer = as_admin.get("/overview.csv")
    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    assert answer["Content-Type"].startswith("text/csv")
    assert sum(int(row["tokens_before"]) for row in rows) == 1000
    assert sum(int(row["tokens_after"]) for row in rows) == 400


def test_only_bypasses_claim_nothing(as_admin: Client, project: Project) -> None:
    make_trace(project, route="bypass", tokens_after=1000, blocks=[], stages=[])
    text = page(as_admin)
    assert "<dt>Fallback</dt><dd>–</dd>" in text
    assert "Every request was a bypass" in text


def test_project_names_are_escaped(as_admin: Client, project: Project) -> None:
    make_trace(project, model="<script>alert(1)</script>")
    assert "<script>alert" not in page(as_admin)
