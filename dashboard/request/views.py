"""One request: what was cut, why, was it right?"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify

from dashboard.exports import trace_as_dict
from dashboard.page import render_page, signed_in
from dashboard.request import blocks, headline
from dashboard.request.blocks import BlockRow, Group
from dashboard.request.strip import prompt_strip
from dashboard.requests.filters import RequestFilter
from dashboard.scope import Scope
from optimizer_app.models import RequestTrace

TEMPLATE = "dashboard/trace.html"
BLOCK_FILTERS = ("fate", "type", "stage")


@dataclass(frozen=True, slots=True)
class StageBar:
    """One stage on the time axis of its request; x and width in percent."""

    name: str
    status: str
    reason: str
    ms: float
    tokens_cut: int
    x: float
    width: float


@signed_in
def trace_page(request: HttpRequest, trace_id: uuid.UUID) -> HttpResponse:
    trace = _trace(request, trace_id)
    scope = Scope.of_request(request)
    rows = blocks.block_rows(trace.blocks)
    context: dict[str, Any] = {
        "page": "requests",
        "trace": trace,
        "headline": headline.headline(trace),
        "zero": headline.zero_explained(trace),
        "money": headline.money_sentence(trace),
        "retrieved": headline.retrieval_sentence(trace),
        "notices": headline.notices(trace),
        "strip": prompt_strip(rows) if rows else None,
        "stages": stage_bars(trace.stages),
        "choices": {name: sorted({getattr(row, name) for row in rows} - {""}) for name in BLOCK_FILTERS},
        "chosen": _block_filters(request),
        "block_count": len(rows),
        "groups": _groups(request, rows),
        "show_all": "all" in request.GET,
        "usage_difference": _usage_difference(trace),
        **_neighbours(request, scope, trace),
    }
    return render_page(request, TEMPLATE, scope, context)


@signed_in
def trace_json(request: HttpRequest, trace_id: uuid.UUID) -> HttpResponse:
    trace = _trace(request, trace_id)
    name = f"{slugify(trace.project.name) or 'request'}-{trace.pk}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return JsonResponse(trace_as_dict(trace), json_dumps_params={"indent": 2}, headers=headers)


@signed_in
def block_lines(request: HttpRequest, trace_id: uuid.UUID) -> HttpResponse:
    """A group, opened or closed, or with `from` and `to` the single rows of a fold."""
    trace = _trace(request, trace_id)
    rows = _filtered(request, blocks.block_rows(trace.blocks))
    context: dict[str, Any] = {"trace": trace, "chosen": _block_filters(request)}
    first, last = request.GET.get("from", ""), request.GET.get("to", "")
    if first.isdigit() and last.isdigit():
        context["lines"] = [
            row
            for row in rows
            if int(first) <= row.number <= int(last) and row.group == request.GET.get("group")
        ]
        return render_page(request, "dashboard/block_lines.html", Scope.of_request(request), context)
    opened = frozenset([request.GET.get("group", "")]) if request.GET.get("open") == "1" else frozenset()
    found = [group for group in blocks.groups(rows) if group.key == request.GET.get("group")]
    context["groups"] = [Group(group.key, group.label, group.rows, group.key in opened) for group in found]
    return render_page(request, "dashboard/block_group.html", Scope.of_request(request), context)


def stage_bars(stages: list[dict[str, Any]]) -> list[StageBar]:
    """The stages one after another, as they ran."""
    total = sum(stage.get("ms", 0) for stage in stages)
    bars, start = [], 0.0
    for stage in stages:
        ms = stage.get("ms", 0)
        bars.append(
            StageBar(
                name=stage.get("name", ""),
                status=stage.get("status", "ran"),
                reason=stage.get("reason", ""),
                ms=ms,
                tokens_cut=stage.get("tokens_cut", 0),
                x=round(start / total * 100, 3) if total else 0,
                width=round(ms / total * 100, 3) if total else 0,
            )
        )
        start += ms
    return bars


def _trace(request: HttpRequest, trace_id: uuid.UUID) -> RequestTrace:
    """404 where the request is another project's, as for one that never was."""
    visible = RequestTrace.objects.visible_to(request.user).select_related("project", "api_key")
    return get_object_or_404(visible, pk=trace_id)


def _block_filters(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "") for name in BLOCK_FILTERS}


def _filtered(request: HttpRequest, rows: list[BlockRow]) -> list[BlockRow]:
    chosen = {name: value for name, value in _block_filters(request).items() if value}
    return [row for row in rows if all(getattr(row, name) == value for name, value in chosen.items())]


def _groups(request: HttpRequest, rows: list[BlockRow]) -> list[Group]:
    found = _filtered(request, rows)
    opened = frozenset(filter(None, request.GET.get("open", "").split(",")))
    if "all" in request.GET:
        opened = frozenset(row.group for row in found)
    return blocks.groups(found, opened)


def _neighbours(request: HttpRequest, scope: Scope, trace: RequestTrace) -> dict[str, uuid.UUID | None]:
    """The requests before and after this one in the list that the reader came from."""
    ids = RequestFilter(request.GET).applied_to(scope.all_traces()).values_list("id", flat=True)
    return {
        "older": ids.filter(id__lt=trace.pk).order_by("-id").first(),
        "newer": ids.filter(id__gt=trace.pk).order_by("id").first(),
    }


def _usage_difference(trace: RequestTrace) -> float | None:
    """How far the provider's count of the input is from ours, as a share."""
    if trace.usage_input_tokens is None or not trace.tokens_after:
        return None
    return trace.usage_input_tokens / trace.tokens_after - 1
