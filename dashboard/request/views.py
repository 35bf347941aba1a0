"""One request: what was cut, why, was it right?"""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import slugify

from dashboard.request.blocks import BLOCK_FILTERS, block_selects, filtered, shown_group, shown_groups
from dashboard.request.provider_cache import breakpoints_added, provider_edits
from dashboard.request.re_reads import re_reads
from dashboard.request.reading_back import reading_back
from dashboard.request.receipt import shown_receipt
from dashboard.request.texts import part_of, request_texts, with_opened
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.traces import blocks, headline
from dashboard.traces.fields import TRACE_FIELDS, trace_values
from dashboard.traces.filters import RequestFilter
from dashboard.traces.found import trace_or_404
from dashboard.traces.stages import stage_bars
from dashboard.traces.strip import prompt_strip
from dashboard.traces.why_not import reason_of
from optimizer_app.captures.reading import NotKept, capture_of
from optimizer_app.captures.removal import delete_capture
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import ConfigVersion, OptimizationConfig, PromptVersion, RequestTrace
from optimizer_app.models.traces.trace import LARGE_COLUMNS
from optimizer_app.traces.feedback import feedback_on

TEMPLATE = "dashboard/request/page.html"


@signed_in
def request_page(request: HttpRequest, trace_id: uuid.UUID) -> HttpResponse:
    trace = _trace(request, trace_id)
    scope = Scope.of_request(request)
    rows = blocks.block_rows(trace.blocks)
    texts = request_texts(trace, request.user)
    context: dict[str, Any] = {
        "page": "requests",
        "trace": trace,
        "headline": headline.headline(trace),
        "tokens": headline.tokens_sentence(trace),
        "times": headline.times_sentence(trace),
        "zero": headline.zero_explained(trace),
        "money": headline.money_sentence(trace),
        "retrieved": headline.retrieval_sentence(trace),
        "notices": headline.notices(trace),
        "strip": prompt_strip(rows) if rows else None,
        "stages": stage_bars(trace.stages),
        "reading": reading_back(trace, rows),
        "again": re_reads(trace),
        "selects": block_selects(request, rows),
        "block_count": len(rows),
        "texts": texts,
        "groups": shown_groups(request, with_opened(request, texts, rows)),
        "breakpoints_added": breakpoints_added(trace),
        "provider_edits": provider_edits(trace),
        "receipt": shown_receipt(trace),
        "turns": _turns(trace),
        "usage_difference": _usage_difference(trace),
        "list_query": _list_query(request),
        "playground_query": _playground_query(trace),
        "config_url": _config_url(trace),
        "reason": reason_of(trace),
        "feedback": feedback_on(trace),
        "reason_url": _reason_url(trace),
        "prompt_url": _prompt_url(trace),
        **_neighbours(request, scope, trace),
    }
    return render_page(request, TEMPLATE, scope, context)


@signed_in
def request_json(request: HttpRequest, trace_id: uuid.UUID) -> HttpResponse:
    trace = _trace(request, trace_id)
    name = f"{slugify(trace.project.name) or 'request'}-{trace.pk}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    fields = dict(zip(TRACE_FIELDS, trace_values(trace), strict=True))
    details = {name: getattr(trace, name) for name in (*LARGE_COLUMNS, "masked")}
    found = {"project": trace.project.name, **fields, **details}
    return JsonResponse(found, json_dumps_params={"indent": 2}, headers=headers)


@signed_in
def request_blocks(request: HttpRequest, trace_id: uuid.UUID) -> HttpResponse:
    """One group of blocks, opened or closed, or with `from` and `to` the single rows of a fold."""
    trace = _trace(request, trace_id)
    texts = request_texts(trace, request.user)
    rows = blocks.block_rows(trace.blocks)
    context: dict[str, Any] = {"trace": trace, "texts": texts}
    first, last = request.GET.get("from", ""), request.GET.get("to", "")
    if first.isdigit() and last.isdigit():
        opens = texts.texts is not None and "text" in request.GET
        context["lines"] = [
            texts.opened(row) if opens else row
            for row in filtered(request, rows)
            if int(first) <= row.number <= int(last) and row.group == request.GET.get("group")
        ]
        return render_page(request, "dashboard/request/block_lines.html", Scope.of_request(request), context)
    context["groups"] = shown_group(request, rows)
    return render_page(request, "dashboard/request/block_group.html", Scope.of_request(request), context)


@signed_in
def request_text(request: HttpRequest, trace_id: uuid.UUID, part: str) -> HttpResponse:
    """One kept text as a file."""
    trace = _trace(request, trace_id)
    name = f"{slugify(trace.project.name) or 'request'}-{trace.pk}-{part}.txt"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    text = part_of(request_texts(trace, request.user), part)
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


@signed_in
def delete_texts(request: HttpRequest, trace_id: uuid.UUID) -> HttpResponse:
    """Deletes what is kept of the request, for everybody and for good."""
    trace = _trace(request, trace_id)
    if request.method == "POST":
        with suppress(NotKept):
            delete_capture(capture_of(trace), request.user)
            messages.success(request, "The texts of this request were deleted.")
    return redirect("dashboard:request", trace.pk)


def _trace(request: HttpRequest, trace_id: uuid.UUID) -> RequestTrace:
    visible = stored_traces().visible_to(request.user).select_related("project", "api_key")
    return trace_or_404(visible, trace_id)


def _list_query(request: HttpRequest) -> str:
    """The query of the list that the reader came from."""
    query = request.GET.copy()
    for name in (*BLOCK_FILTERS, "open", "all", "at", "text"):
        query.pop(name, None)
    return f"?{query.urlencode()}" if query else ""


def _playground_query(trace: RequestTrace) -> str:
    """The settings with which the playground opens for it."""
    settings = {
        "project": trace.project.name,
        "kind": trace.dialect,
        "model": trace.model,
        "config": trace.config_name,
        "budget": trace.budget_tokens or "",
        "request": trace.pk,
    }
    return urlencode({name: value for name, value in settings.items() if value})


def _config_url(trace: RequestTrace) -> str:
    """The page of the config's version that the request met; empty where there is none, as for a preset."""
    named = ConfigVersion.objects.filter(config__project=trace.project_id, config__name=trace.config_name)
    version = named.filter(number=trace.config_version or 0).first()
    return reverse("dashboard:config_version", args=[version.config_id, version.number]) if version else ""


def _reason_url(trace: RequestTrace) -> str:
    """The field of the live config that would let the request be made smaller; empty where there is none."""
    reason = reason_of(trace)
    if reason is None or not reason.field:
        return ""
    config = OptimizationConfig.objects.filter(project=trace.project_id, name=trace.config_name).first()
    return (
        f"{reverse('dashboard:config', args=[config.pk])}?mark={reason.field}#id_{reason.field}"
        if config
        else ""
    )


def _prompt_url(trace: RequestTrace) -> str:
    """The page of the version that the request was made from; empty where there is none any more."""
    made_from = PromptVersion.objects.filter(
        template__project=trace.project_id,
        template__name=trace.prompt_name,
        number=trace.prompt_version or 0,
    )
    row = made_from.first()
    return reverse("dashboard:prompt_version", args=[row.template_id, row.number]) if row else ""


def _neighbours(request: HttpRequest, scope: Scope, trace: RequestTrace) -> dict[str, uuid.UUID | None]:
    """The requests before and after this one in the list that the reader came from."""
    rows = RequestFilter(request.GET).applied_to(scope.all_traces())
    around = {
        "older": rows.filter(id__lt=trace.pk).order_by("-id"),
        "newer": rows.filter(id__gt=trace.pk).order_by("id"),
    }
    return {side: next((pk for (pk,) in found[:1].values_list("id")), None) for side, found in around.items()}


def _turns(trace: RequestTrace) -> int:
    """How many requests of its conversation there are."""
    if trace.conversation_id is None:
        return 1
    return stored_traces().filter(project=trace.project).of_conversation(trace.conversation_id).count()


def _usage_difference(trace: RequestTrace) -> float | None:
    """How far the provider's count of the input is from ours, as a share. Of several calls the first is the
    one that we counted."""
    first: int | None = trace.usage_input_tokens
    if trace.provider_calls:
        first = trace.provider_calls[0].get("input_tokens")
    return first / trace.tokens_after - 1 if first is not None and trace.tokens_after else None
