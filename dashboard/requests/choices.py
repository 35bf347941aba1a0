"""The drop-downs that filter the list, with how many requests each choice leads to."""

from __future__ import annotations

from dashboard.shell.facets import Counted, Facets, with_count
from dashboard.shell.scope import Scope
from dashboard.shell.select import Options, Select
from dashboard.traces.filters import FLAGS, STATUSES, RequestFilter
from dashboard.traces.routes import ROUTES
from optimizer_app.models import RequestTrace

_MEASURES = ("errors", "interrupted", *(flag.measure for flag in FLAGS.values() if flag.measure))


def selects_of(scope: Scope, form: RequestFilter) -> list[Select]:
    """Those that leave a choice, or are set. The numbers are of what the other filters let through."""
    selection = form.selection(scope)
    facets = Facets.of(scope, selection, _MEASURES, form.counted)
    keys = facets.key_labels(with_project=scope.shows_projects)
    found = (
        facets.select("config", "config_name", "All configs"),
        facets.select("model", "model", "All models"),
        facets.select("key", "api_key_id", "All keys", keys),
        facets.select("tag", "tag", "All tags"),
        facets.select("route", "route", "All routes", ROUTES),
        _status(facets, form),
        _flag(facets, form),
    )
    return [select for select in found if len(select.options) > 1 or select.chosen]


def _status(facets: Facets, form: RequestFilter) -> Select:
    """Without counts where a flag is chosen: none are kept of both."""
    labels = dict(RequestTrace.Status.choices)
    counted = {} if form.cleaned_data.get("flag") else STATUSES
    options = ((value, _label(facets, labels[value], counted.get(value))) for value in STATUSES)
    return Select("status", "Status", "Any status", tuple(options), form.data.get("status", ""))


def _flag(facets: Facets, form: RequestFilter) -> Select:
    status = form.cleaned_data.get("status")
    options: Options = tuple(
        (key, _label(facets, flag.label, {flag.measure: 1} if flag.measure and not status else None))
        for key, flag in FLAGS.items()
    )
    return Select("flag", "Flag", "Any flag", options, form.data.get("flag", ""))


def _label(facets: Facets, label: str, counted: Counted | None) -> str:
    return with_count(label, None if counted is None else facets.total(counted))
