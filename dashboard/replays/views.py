"""Replays: what would these prompts have become under another config?"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from dashboard.replays.rows import ResultRow, compared, counted, result_rows, run_rows
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.traces.changed_blocks import changed_rows
from optimizer_app.captures.reading import may_read
from optimizer_app.models import Replay, ReplayResult
from optimizer_app.models.kept.replay import ReplayQuerySet
from optimizer_app.replays.comparison import comparable_runs
from optimizer_app.replays.removal import cancel_replay, delete_replay
from optimizer_app.replays.texts import ResultTexts

MAX_RUNS = 100


@signed_in
def replay_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    runs = _visible(request).filter(project__in=scope.chosen_projects)
    context = {"page": "replays", "runs": run_rows(runs, MAX_RUNS)}
    return render_page(request, "dashboard/replays/list.html", scope, context)


@signed_in
def replay_page(request: HttpRequest, replay_id: uuid.UUID) -> HttpResponse:
    """The run beside another one: the one that `with` names, else what the requests were sent as."""
    replay = get_object_or_404(counted(_visible(request)), pk=replay_id)
    beside = compared(replay, _results(replay), request.GET.get("with", ""))
    context: dict[str, Any] = {
        "page": "replays",
        "replay": replay,
        "runs": comparable_runs(replay),
        "beside": beside,
        "rows": result_rows(beside),
    }
    return render_page(request, "dashboard/replays/run.html", Scope.of_request(request), context)


@signed_in
def result_page(request: HttpRequest, replay_id: uuid.UUID, number: int) -> HttpResponse:
    """One prompt of a run: its blocks beside those of the other one, and what the model answered."""
    replay = get_object_or_404(_visible(request), pk=replay_id)
    result = get_object_or_404(replay.results, number=number)
    beside = compared(replay, [result], request.GET.get("with", ""))
    row: ResultRow = result_rows(beside)[0]
    context = {
        "page": "replays",
        "replay": replay,
        "beside": beside,
        "row": row,
        "changed": changed_rows(row.pair.changed),
        "texts": ResultTexts.for_reader(result, may_read=may_read(request.user, replay.project_id)),
    }
    return render_page(request, "dashboard/replays/result.html", Scope.of_request(request), context)


@signed_in
def cancel(request: HttpRequest, replay_id: uuid.UUID) -> HttpResponse:
    replay = get_object_or_404(_visible(request), pk=replay_id)
    if request.method == "POST" and cancel_replay(replay):
        messages.success(request, "The run was stopped. What had been run stays.")
    return redirect("dashboard:replay", replay.pk)


@signed_in
def delete(request: HttpRequest, replay_id: uuid.UUID) -> HttpResponse:
    replay = get_object_or_404(_visible(request), pk=replay_id)
    if request.method != "POST":
        return redirect("dashboard:replay", replay.pk)
    delete_replay(replay)
    messages.success(request, "The run was deleted.")
    return redirect("dashboard:replays")


def _visible(request: HttpRequest) -> ReplayQuerySet:
    return Replay.objects.visible_to(request.user).select_related("project", "author", "config")


def _results(replay: Replay) -> Sequence[ReplayResult]:
    return list(replay.results.defer("sealed").order_by("number"))
