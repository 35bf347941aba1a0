"""Traces and events, to be looked at only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from optimizer_app.admin.walls import OnlyShown, ProjectFilter
from optimizer_app.models import Event, RequestTrace

ROUTES = (
    "heuristic_only",
    "heuristic+semantic",
    "heuristic+compression",
    "heuristic+semantic+compression",
    "cache",
    "bypass",
)


class RouteFilter(admin.SimpleListFilter):
    """By route; the routes are known, so the table is not searched for them."""

    title = "route"
    parameter_name = "route"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(route, route) for route in ROUTES]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return queryset.filter(route=self.value()) if self.value() else queryset


@admin.register(RequestTrace)
class RequestTraceAdmin(OnlyShown):
    list_display = (
        "id",
        "created_at",
        "project",
        "model",
        "tokens_before",
        "tokens_after",
        "net_usd",
        "latency_ms",
        "route",
        "status",
    )
    list_filter = (ProjectFilter, RouteFilter, "status", "fallback_used", "cache_hit", "stream")
    list_select_related = ("project",)
    search_fields = ("id",)
    search_help_text = "The id of a trace"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[RequestTrace]:
        return super().get_queryset(request).defer("blocks", "stages")


@admin.register(Event)
class EventAdmin(OnlyShown):
    id_fields = ("pk", "trace_id")
    list_display = (
        "event_type",
        "created_at",
        "project",
        "trace_id",
        "source",
    )
    list_filter = (ProjectFilter, "event_type", "source")
    list_select_related = ("project",)
    search_fields = ("trace_id",)
    search_help_text = "The id of an event or of its trace"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Event]:
        return super().get_queryset(request).defer("payload")
