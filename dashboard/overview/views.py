"""The overview: am I saving, is anything wrong?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from dashboard.connecting.clients import connection_of
from dashboard.numbers.formats import exact, milliseconds, percent, short
from dashboard.overview import charts, figures
from dashboard.overview.first_use import first_use
from dashboard.overview.series import chart_data
from dashboard.shell.csv_file import csv_response
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.traces.rows import trace_rows

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
        context |= _figures(scope)
        context["table"] = request.GET.get("table") == "tokens"
    else:
        context |= connection_of(request, scope.chosen_projects)
    return render_page(request, TEMPLATE, scope, context)


@signed_in
def overview_csv(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    buckets = figures.series(scope.traces(), scope.window)
    rows = ([getattr(bucket, name) for name in CSV_FIELDS] for bucket in buckets)
    return csv_response("overview.csv", CSV_FIELDS, rows)


def _figures(scope: Scope) -> dict[str, Any]:
    traces = scope.traces()
    totals = figures.totals(traces)
    ratios = figures.ratios(traces)
    buckets = figures.series(traces, scope.window)
    share = totals.fallback_share
    troubles = _troubles(totals)
    return {
        "totals": totals,
        "changes": _changes(totals, figures.totals(scope.window.previous().of(scope.all_traces()))),
        "troubles": troubles,
        "reconciled": _reconciled(totals),
        "buckets": buckets,
        "chart": chart_data(buckets, scope.window),
        "ratios": ratios,
        "histogram": charts.histogram(ratios),
        "gauge": None if share is None else charts.gauge(share),
        "reasons": figures.fallback_reasons(traces) if totals.fallbacks else [],
        "routes": charts.route_shares(totals),
        "rows": trace_rows(scope.all_traces().order_by("-id")[:MAX_LATEST]),
    }


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
