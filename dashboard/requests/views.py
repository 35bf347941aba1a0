"""The list of requests: which ones?"""

from __future__ import annotations

import uuid
from collections.abc import Generator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from dashboard.connecting.clients import connection_of
from dashboard.requests.choices import selects_of
from dashboard.requests.listing import Page, page_of
from dashboard.requests.saved import shown_views
from dashboard.requests.searching import Span, spans_of
from dashboard.shell.csv_file import streamed_csv
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.traces.fields import TRACE_FIELDS
from dashboard.traces.filters import RequestFilter
from optimizer_app.clickhouse.stored import TraceRows

TEMPLATE = "dashboard/requests/page.html"
MAX_CSV_ROWS = 100_000
MAX_COUNTED = 99


@signed_in
def request_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    form = RequestFilter(request.GET)
    traces = listed(scope, form)
    spans = None if form.looks_for_id else spans_of(scope, form)
    page = _page(request, traces, spans)
    newest = scope.all_traces().without_details().first()
    context: dict[str, Any] = {
        "page": "requests",
        "form": form,
        "list": page,
        "newest": newest,
        "selects": selects_of(scope, form),
        "views": shown_views(request, scope),
        "max_csv_rows": MAX_CSV_ROWS,
        "oldest_first": request.GET.get("sort") == "oldest",
        **connection_of(request, scope.chosen_projects),
    }
    return render_page(request, TEMPLATE, scope, context)


@signed_in
def requests_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The listed requests, at most the newest 100,000."""
    scope = Scope.of_request(request)
    traces = listed(scope, RequestFilter(request.GET)).order_by("-id")[:MAX_CSV_ROWS]
    return streamed_csv("requests.csv", ("project", *TRACE_FIELDS), _csv_rows(scope, traces))


@signed_in
def new_requests(request: HttpRequest) -> HttpResponse:
    """How many requests came since the list was shown, as the pill that leads to them."""
    scope = Scope.of_request(request)
    traces = listed(scope, RequestFilter(request.GET))
    newest = _id(request, "seen")
    if newest is not None:
        traces = traces.filter(id__gt=newest)
    count = traces.order_by("-id")[: MAX_COUNTED + 1].count()
    return render_page(
        request,
        "dashboard/requests/new.html",
        scope,
        {"count": min(count, MAX_COUNTED), "more": count > MAX_COUNTED},
    )


def _csv_rows(scope: Scope, traces: TraceRows) -> Generator[list[Any], None, None]:
    names = {project.pk: project.name for project in scope.projects}
    columns = ("project_id", *(name for name in TRACE_FIELDS if name != "tokens_saved"))
    before, after, saved = (TRACE_FIELDS.index(f"tokens_{name}") for name in ("before", "after", "saved"))
    for project_id, *values in traces.streamed(*columns):
        values.insert(saved, values[before] - values[after])
        yield [names[project_id], *values]


def listed(scope: Scope, form: RequestFilter) -> TraceRows:
    """The requests that the page's URL asks for. An id is looked for outside the window too."""
    return form.applied_to(scope.all_traces() if form.looks_for_id else scope.traces())


def _page(request: HttpRequest, traces: TraceRows, spans: list[Span] | None) -> Page:
    back = _id(request, "before")
    start = back or _id(request, "after")
    oldest_first = request.GET.get("sort") == "oldest"
    return page_of(traces, oldest_first=oldest_first, start=start, back=back is not None, spans=spans)


def _id(request: HttpRequest, name: str) -> uuid.UUID | None:
    """A cursor of the URL; one that is no id is as good as none."""
    try:
        return uuid.UUID(request.GET.get(name, ""))
    except ValueError:
        return None
