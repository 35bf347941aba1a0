"""What should have stayed in a request: the field that keeps its kind, and a case that watches it."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dashboard.configs.fields import as_label, title_of
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.traces.blocks import block_rows
from dashboard.traces.found import trace_or_404
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.configs.versions.keeping import Kept, NothingKeeps, keep_in_draft, kept_by
from optimizer_app.models import OptimizationConfig, RequestTrace
from token_optimizer.config_fields import FIELDS


@signed_in
def keep_block(request: HttpRequest, trace_id: uuid.UUID, number: int) -> HttpResponse:
    """Says on GET what would keep it; on POST sets that in a draft, and leads to the field."""
    visible = stored_traces().visible_to(request.user).select_related("project")
    trace = trace_or_404(visible, trace_id)
    if not 0 < number <= len(trace.blocks):
        raise Http404("the request has no such block")
    configs = list(OptimizationConfig.objects.filter(project=trace.project_id).order_by("name"))
    kept, reason = _kept(trace, number)
    if request.method == "POST" and kept:
        return _changed(request, configs, kept)
    context = {
        "page": "requests",
        "trace": trace,
        "lost": block_rows(trace.blocks)[number - 1],
        "configs": configs,
        "reason": reason,
        "case_query": urlencode({"project": trace.project.name, "request": trace.pk, "block": number}),
        **(_shown(kept) if kept else {}),
    }
    template = "dashboard/configs/releases/keep.html"
    return render_page(request, template, Scope.of_request(request), context)


def _kept(trace: RequestTrace, number: int) -> tuple[Kept | None, str]:
    try:
        return kept_by(trace, trace.blocks[number - 1]), ""
    except NothingKeeps as error:
        return None, str(error)


def _changed(request: HttpRequest, configs: list[OptimizationConfig], kept: Kept) -> HttpResponse:
    config = next((row for row in configs if str(row.pk) == request.POST.get("config")), None)
    if config is None:
        raise Http404("the project has no such config")
    keep_in_draft(config, request.user, kept)
    messages.success(request, f"{title_of(kept.field)} is set in your draft. Try it, then publish it.")
    return redirect(f"{reverse('dashboard:config', args=[config.pk])}?mark={kept.field}#id_{kept.field}")


def _shown(kept: Kept) -> dict[str, Any]:
    return {
        "field": FIELDS[kept.field],
        "value": as_label(kept.field, kept.value),
    }
