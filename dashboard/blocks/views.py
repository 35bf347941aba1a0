"""Blocks over many requests: what did rules cut, and was it wanted again?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from dashboard.blocks.rows import cut_rows
from dashboard.shell.facets import Facets
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.traces.filters import SelectionFilter
from optimizer_app.cuts.blocks import MAX_REQUESTS, cut_blocks
from optimizer_app.cuts.sums import CutSum, cut_sums
from optimizer_app.rollups.reading import Selection

MAX_BLOCKS = 100
_SORTS: dict[str, Callable[[CutSum], Any]] = {
    "kind": lambda row: (row.kind, row.rule),
    "rule": lambda row: (row.rule, row.kind),
    "-requests": lambda row: -row.requests,
    "-cut": lambda row: -row.cut,
}


@signed_in
def block_list(request: HttpRequest) -> HttpResponse:
    """By kind and rule."""
    scope, form = Scope.of_request(request), SelectionFilter(request.GET)
    selection, sort = form.selection(scope), request.GET.get("sort", "")
    sums = cut_sums(selection, scope.window.stretch)
    if sort in _SORTS:
        sums.sort(key=_SORTS[sort])
    context = {"sums": sums, "sort": sort, "rules": _rules(sums), **_shared(scope, form, selection)}
    return render_page(request, "dashboard/blocks/list.html", scope, context)


@signed_in
def cut_list(request: HttpRequest) -> HttpResponse:
    """The blocks of one kind that one rule cut."""
    scope, form = Scope.of_request(request), SelectionFilter(request.GET)
    selection, traces = form.selection(scope), form.applied_to(scope.traces())
    rule, kind = request.GET.get("rule", ""), request.GET.get("kind", "")
    sums = cut_sums(selection, scope.window.stretch)
    chosen = [found for found in sums if (found.rule, found.kind) == (rule, kind)]
    context = {
        "rule": rule,
        "kind": kind,
        "sum": chosen[0] if chosen else None,
        "rows": cut_rows(cut_blocks(traces, rule, kind, MAX_BLOCKS)),
        "max_blocks": MAX_BLOCKS,
        "max_requests": MAX_REQUESTS,
        "is_bounded": traces.order_by("-id")[: MAX_REQUESTS + 1].count() > MAX_REQUESTS,
        **_shared(scope, form, selection),
    }
    return render_page(request, "dashboard/blocks/cut.html", scope, context)


def _shared(scope: Scope, form: SelectionFilter, selection: Selection) -> dict[str, Any]:
    facets = Facets.of(scope, selection)
    return {
        "page": "blocks",
        "form": form,
        "selects": facets.selects(with_project=scope.shows_projects),
    }


def _rules(sums: list[CutSum]) -> list[dict[str, str]]:
    """Each rule once, for the sentences that say what they do."""
    return [{"name": name} for name in sorted({row.rule for row in sums})]
