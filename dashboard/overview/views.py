"""The overview: am I saving, is anything wrong?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from dashboard.exports import buckets_csv
from dashboard.numbers import milliseconds, percent, short
from dashboard.overview import charts
from dashboard.overview import figures as queries
from dashboard.page import render_page, signed_in
from dashboard.requests.rows import trace_rows
from dashboard.scope import Scope

TEMPLATE = "dashboard/overview.html"
LATEST = 8


@signed_in
def overview(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    newest = scope.all_traces().without_details().first()
    context: dict[str, Any] = {"page": "overview", "newest": newest}
    if newest is not None:
        context |= _figures(scope)
        context["table"] = request.GET.get("table") == "tokens"
    context["gateway_url"] = request.build_absolute_uri("/").rstrip("/")
    return render_page(request, TEMPLATE, scope, context)


@signed_in
def overview_csv(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    return buckets_csv(queries.series(scope.traces(), scope.window))


def _figures(scope: Scope) -> dict[str, Any]:
    traces = scope.traces()
    totals = queries.totals(traces)
    ratios = queries.ratios(traces)
    buckets = queries.series(traces, scope.window)
    share = totals.fallback_share
    looks = _looks(totals)
    return {
        "totals": totals,
        "changes": _changes(totals, queries.totals(scope.window.previous().of(scope.all_traces()))),
        "looks": looks,
        "buckets": buckets,
        "chart": {"step": scope.window.step.total_seconds(), **queries.columns(buckets)},
        "ratios": ratios,
        "histogram": charts.histogram(ratios),
        "gauge": None if share is None else charts.gauge(share),
        "reasons": queries.fallback_reasons(traces) if totals.fallbacks else [],
        "routes": charts.route_shares(totals),
        "rows": trace_rows(scope.all_traces().order_by("-id")[:LATEST]),
    }


def _looks(totals: queries.Totals) -> list[tuple[str, int, str]]:
    """What should be looked at, as (flag to filter by, how many, in words)."""
    found = (
        ("failed", totals.failed_stages, "with a failed stage"),
        ("error", totals.errors, "with a provider error"),
        ("interrupted", totals.interrupted, "interrupted"),
        ("negative", totals.negative, "net negative"),
    )
    return [look for look in found if look[1]]


def _changes(now: queries.Totals, before: queries.Totals) -> dict[str, str]:
    """How the tiles differ from the period before, in words; why not, where they cannot be compared."""
    if not before.requests:
        return dict.fromkeys(("saved", "cut", "p95", "fallback"), "nothing before to compare")
    was = {
        "saved": short(before.tokens_saved),
        "cut": None if before.cut_share is None else percent(before.cut_share),
        "p95": None if before.p95_ms is None else milliseconds(before.p95_ms),
        "fallback": None if before.fallback_share is None else percent(before.fallback_share),
    }
    return {name: f"{value} in the period before" if value else "–" for name, value in was.items()}
