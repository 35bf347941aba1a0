"""The overview: am I saving, is anything wrong?"""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import Any

from django.http import HttpRequest, HttpResponse

from dashboard.connecting.clients import connection_of
from dashboard.numbers.formats import exact, milliseconds, percent, short
from dashboard.overview import charts, tops
from dashboard.overview.first_use import first_use
from dashboard.overview.series import chart_data
from dashboard.overview.uncut import reason_shares
from dashboard.shell.csv_file import csv_response
from dashboard.shell.facets import Facets
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.traces.filters import SelectionFilter
from dashboard.traces.rows import trace_rows
from optimizer_app.rollups import figures

TEMPLATE = "dashboard/overview/page.html"
MAX_LATEST = 8
CSV_FIELDS = (
    "start",
    "requests",
    "tokens_before",
    "tokens_after",
    "gross_usd",
    "net_usd",
    "p50_ms",
    "p95_ms",
    "p99_ms",
)


@signed_in
def overview(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    newest = scope.all_traces().without_details().first()
    context: dict[str, Any] = {"page": "overview", "newest": newest, "steps": first_use(scope)}
    if newest is not None:
        context |= _figures(scope, SelectionFilter(request.GET))
        context["table"] = request.GET.get("table") == "tokens"
    else:
        context |= connection_of(request, scope.chosen_projects)
    return render_page(request, TEMPLATE, scope, context)


@signed_in
def overview_csv(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    buckets = figures.figures_of(SelectionFilter(request.GET).selection(scope), scope.window).buckets
    rows = ([getattr(bucket, name) for name in CSV_FIELDS] for bucket in buckets)
    return csv_response("overview.csv", CSV_FIELDS, rows)


def _figures(scope: Scope, form: SelectionFilter) -> dict[str, Any]:
    selection = form.selection(scope)
    facets = Facets.of(scope, selection, (*tops.MEASURES, "optimized_fallbacks"))
    found = figures.figures_of(selection, scope.window)
    totals, ratios = found.totals, _with_values(found.ratios, totals=found.totals, scope=scope, form=form)
    listed = form.applied_to(scope.all_traces())
    return {
        "form": form,
        "selects": facets.selects(with_project=scope.shows_projects),
        "totals": totals,
        "changes": _changes(totals, figures.totals(selection, scope.window.previous())),
        "troubles": _troubles(totals),
        "reconciled": _reconciled(totals),
        "buckets": found.buckets,
        "chart": chart_data(found.buckets, scope.window),
        "ratios": ratios,
        "histogram": charts.histogram(ratios),
        "faithfulness": found.faithfulness,
        "faithfulness_bars": charts.faithfulness_bars(found.faithfulness),
        "gauge": None if totals.fallback_share is None else charts.gauge(totals.fallback_share),
        "cache_gauge": charts.gauge(totals.repeat_hit_share or 0, ends=(1.0,)),
        "reasons": figures.fallback_reasons(facets.selected()),
        "uncut": reason_shares(found.why_nots),
        "uncut_count": sum(found.why_nots.values()),
        "routes": charts.route_shares(facets.counts("route")),
        "tops": _tops(facets, scope),
        "rows": trace_rows(listed.order_by("-id")[:MAX_LATEST]),
    }


def _with_values(
    ratios: figures.Ratios, *, totals: figures.Totals, scope: Scope, form: SelectionFilter
) -> figures.Ratios:
    """With each ratio where they are few and cheap to look up."""
    if not 0 < ratios.count < figures.MIN_FOR_BINS or totals.requests > figures.MAX_LOOKED_AT:
        return ratios
    values = figures.ratio_values(scope.traces().filter(**form.columns()))
    return replace(ratios, values=values, median=median(values)) if values else ratios


def _tops(facets: Facets, scope: Scope) -> list[tops.Top]:
    """The projects that saved most; of one project, its keys."""
    if scope.only_project is None:
        names = {project.pk: project.name for project in scope.projects}
        return tops.tops_of(facets.selected(), "project_id", names)
    return tops.tops_of(facets.selected(), "api_key_id", facets.key_labels(with_project=False))


def _troubles(totals: figures.Totals) -> list[tuple[str, int, str]]:
    """Requests to look at, as (flag to filter by, how many, in words)."""
    found = (
        ("failed", totals.failed_stages, "with a failed stage"),
        ("error", totals.errors, "with a provider error"),
        ("interrupted", totals.interrupted, "interrupted"),
        ("negative", totals.negative, "net negative"),
    )
    return [trouble for trouble in found if trouble[1]]


def _reconciled(totals: figures.Totals) -> str:
    """How many of the requests the provider's usage confirms, in words."""
    requests = f"{exact(totals.requests)} request{'' if totals.requests == 1 else 's'}"
    if not totals.reconciled or totals.reconciled_share is None:
        return f"{requests}, none reconciled with a bill: no usage was reported"
    return f"{percent(totals.reconciled_share)} of {requests} reconciled with the bill"


def _changes(now: figures.Totals, before: figures.Totals) -> dict[str, str]:
    """The tiles' values in the period before, in words; why there are none, where there are none."""
    if not before.requests:
        return dict.fromkeys(("saved", "cut", "p95", "fallback"), "nothing before to compare")
    values = {
        "saved": short(before.tokens_saved),
        "cut": None if before.cut_share is None else percent(before.cut_share),
        "p95": None if before.p95_ms is None else milliseconds(before.p95_ms),
        "fallback": None if before.fallback_share is None else percent(before.fallback_share),
    }
    return {name: f"{value} in the period before" if value else "–" for name, value in values.items()}
