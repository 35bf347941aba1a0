"""A new run: of the newest requests that the URL's filters let through, of picked ones, or of a set."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.numbers.formats import money
from dashboard.replays.forms import AGAIN, NEWEST, PICKED, ReplayForm
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.templatetags.shell import short_id
from dashboard.traces.filters import RequestFilter
from dashboard.traces.rows import trace_rows
from optimizer_app.captures.reading import NotKept
from optimizer_app.clickhouse.stored import TraceRows, stored_traces
from optimizer_app.models import Project, Replay
from optimizer_app.playground.examples import ExampleRefused
from optimizer_app.playground.stored.sets import save_captured, sets_of
from optimizer_app.playground.stored.sources import (
    Source,
    captured,
    captured_sources,
    picked_sources,
    requests_label,
    set_sources,
)
from optimizer_app.replays.create import ReplayRefused, create_replay, input_cost, sources_of
from optimizer_app.replays.subjects import Subject, subject_labels, subject_named

TEMPLATE = "dashboard/replays/new.html"
MAX_SHOWN = 50
SAVE = "save"


@dataclass(frozen=True, slots=True)
class Offer:
    """What sending would cost, said before it is done."""

    prompts: int
    says: str


@signed_in
def new_replay(request: HttpRequest) -> HttpResponse:
    """Asks on GET. A POST makes the run, saves picked requests as a set, or says what sending costs."""
    scope = Scope.of_request(request)
    project = scope.only_project
    if project is None:
        return render_page(request, "dashboard/replays/project.html", scope, {"page": "replays"})
    filters = RequestFilter(request.GET)
    traces = filters.applied_to(scope.all_traces().filter(project=project))
    if request.POST.get("do") == SAVE:
        _save(request, project)
        return redirect(request.get_full_path())
    form = _form(request, project, traces)
    context = _context(scope, project, traces, filters, form)
    if form.is_valid():
        made, more = _made(request, project, traces, form)
        if made is not None:
            return redirect("dashboard:replay", made.pk)
        context |= more
    return render_page(request, TEMPLATE, scope, context)


def _form(request: HttpRequest, project: Project, traces: TraceRows) -> ReplayForm:
    again = _replay_named(request, project)
    chosen = {key: value for key, value in request.GET.items() if key == "set_name"}
    initial: dict[str, Any] = {**chosen, **({"which": "set"} if chosen else {})}
    if "subject" in request.GET:
        initial["subject"] = request.GET["subject"]
    return ReplayForm(
        request.POST or None,
        subjects=subject_labels(project, request.user),
        sets=sets_of(project),
        captured=captured(traces).order_by()[:1].count(),
        again=f"The prompts of “{again}”" if again else "",
        initial=initial,
    )


def _context(
    scope: Scope, project: Project, traces: TraceRows, filters: RequestFilter, form: ReplayForm
) -> dict[str, Any]:
    newest = captured(traces).order_by("-id")[:MAX_SHOWN]
    rows = trace_rows(newest) if "count" in form.fields else []
    return {
        "page": "replays",
        "project": project,
        "form": form,
        "filters": filters.chosen(),
        "rows": rows,
        "sets": sets_of(project),
    }


def _made(
    request: HttpRequest, project: Project, traces: TraceRows, form: ReplayForm
) -> tuple[Replay | None, dict[str, Any]]:
    """The run; or None, and what the page says of why there is none yet."""
    given = form.cleaned_data
    subject = subject_named(project, request.user, given["subject"])
    picked = _picked(request)
    sources, words = _chosen(request, project, traces, given, picked)
    more: dict[str, Any] = {"picked": picked}
    if given["sends"] and sources and "confirmed" not in request.POST:
        return None, {**more, "offer": _offer(project, sources, subject)}
    try:
        replay = create_replay(
            project, sources, subject, source=words, author=request.user, sends=given["sends"]
        )
    except ReplayRefused as error:
        form.add_error(None, f"It cannot be run: {error}.")
        return None, more
    return replay, {}


def _chosen(
    request: HttpRequest,
    project: Project,
    traces: TraceRows,
    given: dict[str, Any],
    picked: Sequence[uuid.UUID],
) -> tuple[list[Source], str]:
    """The prompts, and which they are in words."""
    again = _replay_named(request, project)
    if given["which"] == AGAIN and again is not None:
        return sources_of(again), again.source
    if given["which"] == PICKED:
        sources = picked_sources(traces, picked)
        return sources, f"{requests_label(len(sources))} that {request.user.get_username()} picked"
    if given["which"] == NEWEST:
        sources = captured_sources(traces, given["count"] or 1)
        return sources, f"the newest {requests_label(len(sources))}{_of_filters(request)}"
    return set_sources(project, given["set_name"]), f"the set {given['set_name']}"


def _of_filters(request: HttpRequest) -> str:
    chosen = {name: str(value) for name, value in RequestFilter(request.GET).chosen().items()}
    if "id" in chosen:
        chosen["id"] = short_id(chosen["id"])
    return f" of {', '.join(f'{name} {value}' for name, value in chosen.items())}" if chosen else ""


def _offer(project: Project, sources: Sequence[Source], subject: Subject) -> Offer:
    usd = input_cost(project, sources, subject)
    if usd is None:
        return Offer(len(sources), "What they cost is not known: a model among them has no known price.")
    return Offer(len(sources), f"At most {money(usd)} for what they hold, and what the model answers on top.")


def _picked(request: HttpRequest) -> list[uuid.UUID]:
    found = []
    for text in request.POST.getlist("pick"):
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _replay_named(request: HttpRequest, project: Project) -> Replay | None:
    """The run whose prompts are to be run again, as the URL names it."""
    try:
        wanted = uuid.UUID(request.GET.get("again", ""))
    except ValueError:
        return None
    return Replay.objects.filter(project=project, pk=wanted).first()


def _save(request: HttpRequest, project: Project) -> None:
    """The picked requests as examples of a set."""
    traces = stored_traces().filter(project=project, pk__in=_picked(request))
    name, count = request.POST.get("save_as", ""), 0
    try:
        for trace in traces.without_details():
            save_captured(trace, name, request.user)
            count += 1
    except (ExampleRefused, NotKept) as error:
        messages.error(request, f"Not saved: {error}")
        return
    if count:
        text = (
            f"{count} prompt{'' if count == 1 else 's'} saved in the set {name}, until somebody deletes them."
        )
        messages.success(request, text)
    else:
        messages.warning(request, "Pick the requests to save first.")
