"""The drop-downs that filter the list, with how many requests each choice leads to."""

from __future__ import annotations

from dashboard.shell.facets import Counted, Facets, with_count
from dashboard.shell.scope import Scope
from dashboard.shell.select import Options, Select
from dashboard.traces.filters import STATUSES, RequestFilter
from dashboard.traces.routes import ROUTES
from dashboard.traces.why_not import REASONS
from optimizer_app.models import RequestTrace
from optimizer_app.rollups.figures import why_nots_of
from optimizer_app.traces.flags import FLAGS

_MEASURES = ("errors", "interrupted", *(flag.measure for flag in FLAGS.values() if flag.measure), "why_nots")


def selects_of(scope: Scope, form: RequestFilter) -> list[Select]:
    """Those that leave a choice, or are set. The numbers are of what the other filters let through."""
    selection = form.selection(scope)
    facets = Facets.of(scope, selection, _MEASURES, form.counted)
    others = (
        facets.select("route", "route", "All routes", ROUTES),
        _status(facets, form),
        _flag(facets, form),
        _why_not(facets, form),
    )
    shown = facets.selects(with_project=scope.shows_projects)
    return [*shown, *(select for select in others if select.is_choice)]


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


def _why_not(facets: Facets, form: RequestFilter) -> Select:
    """The reasons that any request had; counted where neither status nor flag is chosen."""
    chosen = form.data.get("why_not", "")
    counts = why_nots_of(facets.selected())
    is_counted = not (form.cleaned_data.get("status") or form.cleaned_data.get("flag"))
    options: Options = tuple(
        (reason.value, with_count(shown.label, counts.get(reason, 0) if is_counted else None))
        for reason, shown in REASONS.items()
        if reason in counts or reason == chosen
    )
    return Select("why_not", "Not cut because", "Cut or not", options, chosen)


def _label(facets: Facets, label: str, counted: Counted | None) -> str:
    return with_count(label, None if counted is None else facets.total(counted))
