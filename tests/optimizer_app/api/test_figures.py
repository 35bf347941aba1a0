"""Figures over many requests."""

from __future__ import annotations

from decimal import Decimal

from optimizer_app.models import OptimizationConfig, Project
from tests.dashboard.precompression.rows import all_states
from tests.dashboard.traces.rows import block, make_trace
from tests.optimizer_app.api.conftest import Caller
from tests.optimizer_app.cuts.test_cuts import trace as trace_with_cuts
from tests.optimizer_app.holdout.test_comparison import add_groups


def test_the_overview_has_the_figures_of_the_page(
    call: Caller, project: Project, foreign_project: Project
) -> None:
    make_trace(
        project,
        gross_usd=Decimal(2),
        net_usd=Decimal(1),
        usage_input_tokens=400,
        usage_cached_tokens=100,
        is_repeat=True,
    )
    make_trace(
        project,
        model="other",
        route="cache",
        fallback_used=True,
        fallback_reason="too late",
        why_not="over_time",
    )
    make_trace(foreign_project)
    found = call("GET", "overview/").body
    totals = found["totals"]
    assert (totals["requests"], totals["tokens_saved"], totals["net_usd"]) == (2, 1200, "1.000000000")
    assert (totals["cut_share"], totals["reconciled_share"], totals["fallback_share"]) == (0.6, 0.5, 0.5)
    assert (totals["repeats"], totals["repeat_hit_share"], totals["prefix_hit_share"]) == (1, 0.0, None)
    assert totals["provider_cached_share"] == 0.25
    assert found["routes"] == {"heuristic_only": 1, "cache": 1}
    assert found["fallback_reasons"] == {"too late": 1}
    assert found["why_not"] == {"over_time": 1}
    assert (len(found["buckets"]), sum(row["requests"] for row in found["buckets"])) == (96, 2)
    assert (sum(found["ratios"]["bins"]), found["faithfulness"]["unscored"]) == (2, 2)
    assert found["previous"]["requests"] == 0
    chosen = call("GET", f"overview/?project={project.pk}&model=other&range=7d").body
    assert (chosen["totals"]["requests"], chosen["totals"]["net_usd"]) == (1, None)


def test_blocks_by_rule_and_kind_and_one_by_one(call: Caller, project: Project) -> None:
    row = trace_with_cuts(project)
    sums = call("GET", "blocks/").body
    assert [found["kind"] for found in sums] == ["document", "log", "prose"]
    assert (sums[0]["tokens_cut"], sums[0]["read_back_tokens"], sums[0]["wanted_share"]) == (400, 40, 0.1)
    first, second = call("GET", "blocks/cut/?rule=logs&kind=log").body
    assert (first["trace_id"], first["block"], first["called_again_tokens"]) == (str(row.pk), 1, 60)
    assert (second["block"], second["tokens_before"], second["tokens_after"]) == (2, 1000, 200)
    assert call("GET", "blocks/?model=none").body == []


def test_precompression(call: Caller, project: Project) -> None:
    all_states(project)
    found = call("GET", "precompression/?range=7d").body
    assert (found["stored"]["working"], found["stored"]["failed"]) == (1, 1)
    assert (found["lookups"]["hits"], found["lookups"]["misses"]) == (1204, 729)
    assert found["failures"] == {"the process of LLMLingua-2 died": 1}


def test_a_filter_that_cannot_be_used_is_named(
    call: Caller, project: Project, foreign_project: Project
) -> None:
    for path in ("overview/?range=2d", "blocks/?range=2d", "precompression/?range=2d"):
        assert list(call("GET", path).error["fields"]) == ["range"]
    assert list(call("GET", "blocks/cut/?kind=log").error["fields"]) == ["rule"]
    assert list(call("GET", f"overview/?project={foreign_project.pk}").error["fields"]) == ["project"]


def test_requests_are_listed_by_what_is_special_about_them(call: Caller, project: Project) -> None:
    make_trace(project)
    failed = make_trace(project, stages=[{"name": "logs", "status": "failed", "ms": 3}], tag="nightly")
    for query in ("flag=failed", "tag=nightly", "flag=failed&tag=nightly"):
        (row,) = call("GET", f"traces/?{query}").body["results"]
        assert row["id"] == str(failed.pk)
    assert list(call("GET", "traces/?flag=odd").error["fields"]) == ["flag"]


def test_what_each_project_saved(call: Caller, project: Project, foreign_project: Project) -> None:
    make_trace(project, gross_usd=Decimal(2), net_usd=Decimal(1), usage_input_tokens=400)
    make_trace(foreign_project)
    (row,) = call("GET", "projects/usage/?range=7d").body
    assert (row["project"], row["requests"], row["net_usd"]) == (str(project.pk), 1, "1.000000000")
    assert (row["tokens_saved"], row["keys"]) == (600, project.keys.count())


def test_two_requests_side_by_side(call: Caller, project: Project, foreign_project: Project) -> None:
    first = make_trace(project, blocks=[block(90, 90, turn=0), block(300, 0, type="doc", turn=1)])
    second = make_trace(project, blocks=[block(300, 90, type="doc", turn=4), block(7, 7, turn=4)])
    found = call("GET", f"traces/{first.pk}/against/?second={second.pk}").body
    sizes = [[side and side["tokens_after"] for side in row.values()] for row in found]
    assert sizes == [[0, 90], [None, 7], [90, None]]
    theirs = make_trace(foreign_project)
    assert list(call("GET", f"traces/{first.pk}/against/?second={theirs.pk}").error["fields"]) == ["second"]


def test_a_holdout(call: Caller, project: Project, foreign_project: Project) -> None:
    config = OptimizationConfig.objects.create(project=project, name="agents")
    add_groups(project)
    found = call("GET", f"holdout/?config={config.pk}").body
    assert (found["held_out"]["conversations"], found["optimized"]["requests"]) == (12, 24)
    cost = next(metric for metric in found["metrics"] if metric["name"] == "cost")
    assert (cost["unit"], cost["verdict"], cost["is_worse"]) == ("usd", "lower", False)
    assert cost["difference"]["low"] < cost["difference"]["high"] < 0
    theirs = OptimizationConfig.objects.create(project=foreign_project, name="theirs")
    assert call("GET", f"holdout/?config={theirs.pk}").status == 400
