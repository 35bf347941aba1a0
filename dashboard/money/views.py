"""Money: what was billed, what was saved, and by which rule, key, tag, model or day?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from django.http import HttpRequest, HttpResponse

from dashboard.money.rows import LABELS, RULE, ShownRow, rule_rows, spend_rows
from dashboard.shell.csv_file import csv_response
from dashboard.shell.facets import Facets
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.traces.filters import SelectionFilter
from optimizer_app.rollups.reading import Selection, Stretch
from optimizer_app.spend.drifts import model_drifts
from optimizer_app.spend.focus import COLUMNS, focus_rows
from optimizer_app.spend.sums import By, RuleSpend, SpendRow, spend_by, spend_by_rule, total_of
from optimizer_app.spend.tags import spend_by_tag, tag_names, tagged_spends

TEMPLATE = "dashboard/money/page.html"
_CSV_SPEND = (
    "requests", "priced", "billed_usd", "without_us_usd", "gross_usd", "cache_effect_usd",
    "breakpoints_usd", "read_back_usd", "net_usd",
)  # fmt: skip
_CSV_RULE = ("tokens", "gross_usd", "cache_effect_usd", "read_back_usd", "re_read_usd", "net_usd")


@signed_in
def money(request: HttpRequest) -> HttpResponse:
    scope, form = Scope.of_request(request), SelectionFilter(request.GET)
    selection, by, tag_name = form.selection(scope), _by(request), _tag_name(request)
    stretch = scope.window.stretch
    tagged = tagged_spends(selection, stretch) if by == "tag" else []
    models = spend_by(selection, stretch, "model")
    found: Sequence[RuleSpend | SpendRow] = models
    if tagged and tag_name:
        found = spend_by_tag(tagged, tag_name)
    elif by != "model":
        found = _found(selection, stretch, by)
    context: dict[str, Any] = {
        "page": "money",
        "form": form,
        "selects": Facets.of(scope, selection).selects(with_project=scope.shows_projects),
        "by": by,
        "tag_names": tag_names(tagged),
        "tag_name": tag_name,
        "by_label": (by == "tag" and tag_name) or LABELS[by],
        "choices": LABELS.items(),
        "total": total_of(models),
        "rows": _shown(found),
        "drifts": model_drifts(scope.project_ids),
    }
    return render_page(request, TEMPLATE, scope, context)


@signed_in
def money_csv(request: HttpRequest) -> HttpResponse:
    """The table that the page shows."""
    scope, by = Scope.of_request(request), _by(request)
    selection, stretch = SelectionFilter(request.GET).selection(scope), scope.window.stretch
    found: Sequence[RuleSpend | SpendRow]
    if by == "tag" and (tag_name := _tag_name(request)):
        found = spend_by_tag(tagged_spends(selection, stretch), tag_name)
    else:
        found = _found(selection, stretch, by)
    columns = _CSV_RULE if by == RULE else _CSV_SPEND
    rows = [_csv_row(row, columns) for row in found]
    return csv_response(f"money-by-{by}.csv", (by, *columns), rows)


@signed_in
def focus_csv(request: HttpRequest) -> HttpResponse:
    """The bills in the columns of FOCUS."""
    scope = Scope.of_request(request)
    selection = SelectionFilter(request.GET).selection(scope)
    return csv_response("focus.csv", COLUMNS, focus_rows(selection, scope.window.stretch))


def _by(request: HttpRequest) -> By | str:
    asked = request.GET.get("by", "")
    return asked if asked in LABELS else RULE


def _tag_name(request: HttpRequest) -> str:
    """Of the tags of X-Optimizer-Tags, the one whose values are the rows; "" for X-Optimizer-Tag."""
    return request.GET.get("name", "")


def _found(selection: Selection, stretch: Stretch, by: By | str) -> Sequence[RuleSpend | SpendRow]:
    known: Sequence[By] = get_args(By)
    chosen = next((one for one in known if one == by), None)
    return spend_by_rule(selection, stretch) if chosen is None else spend_by(selection, stretch, chosen)


def _shown(found: Sequence[RuleSpend | SpendRow]) -> list[ShownRow]:
    return rule_rows([row for row in found if isinstance(row, RuleSpend)]) or spend_rows(
        [row for row in found if isinstance(row, SpendRow)]
    )


def _csv_row(row: RuleSpend | SpendRow, columns: Sequence[str]) -> list[Any]:
    if isinstance(row, RuleSpend):
        return [row.rule, *(getattr(row, name) for name in columns)]
    return [row.value, *(getattr(row.spend, name) for name in columns)]
