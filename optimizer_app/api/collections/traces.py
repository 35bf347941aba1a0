"""Traces of requests, without any prompt text."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from optimizer_app.api.fields import ProjectFilter
from optimizer_app.api.view import Collection
from optimizer_app.models import RequestTrace
from optimizer_app.models.trace import RequestTraceQuerySet
from optimizer_app.trace_ids import first_id_at
from optimizer_app.traces.flags import FLAGS

_COLUMNS = {
    "config": "config_name",
    "version": "config_version",
    "prompt": "prompt_name",
    "key": "api_key",
    "conversation": "conversation_id",
}
_DETAILS = ("stages", "blocks", "read_backs", "re_reads", "provider_calls")


class TraceSerializer(serializers.ModelSerializer[RequestTrace]):
    tokens_saved = serializers.IntegerField(read_only=True)

    class Meta:
        model = RequestTrace
        exclude: ClassVar = _DETAILS


class TraceDetail(TraceSerializer):
    class Meta:
        model = RequestTrace
        fields = "__all__"


class TraceFilter(ProjectFilter):
    model = serializers.CharField(required=False)
    route = serializers.CharField(required=False)
    status = serializers.ChoiceField(required=False, choices=RequestTrace.Status.choices)
    config = serializers.CharField(required=False, help_text="The name of a config.")
    version = serializers.IntegerField(required=False, min_value=1, help_text="Of the config.")
    tag = serializers.CharField(required=False)
    conversation = serializers.UUIDField(required=False)
    flag = serializers.ChoiceField(
        required=False, choices=[(name, flag.label) for name, flag in FLAGS.items()]
    )
    prompt = serializers.CharField(required=False, help_text="The name of a prompt template.")
    key = serializers.UUIDField(required=False, help_text="The id of an API key.")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def applied_to(self, traces: RequestTraceQuerySet, asked: dict[str, Any]) -> QuerySet[RequestTrace]:
        """The traces that the filters let through."""
        others = ("since", "until", "flag")
        same = {_COLUMNS.get(name, name): value for name, value in asked.items() if name not in others}
        found = traces.filter(**same)
        if "flag" in asked:
            found = found.filter(FLAGS[asked["flag"]].condition)
        if "since" in asked:
            found = found.since(asked["since"])
        return found.filter(id__lt=first_id_at(asked["until"])) if "until" in asked else found


@extend_schema_view(list=extend_schema(parameters=[TraceFilter]))
class TracesView(Collection):
    """One row a request: what it cost, what was cut from it, and why."""

    queryset = RequestTrace.objects.none()
    filters = TraceFilter
    ordering = ("-id",)

    def get_queryset(self) -> RequestTraceQuerySet:
        """With their blocks and stages only where one is asked for."""
        found = RequestTrace.objects.filter(project__in=self.projects)
        return found if self.action == "retrieve" else found.without_details()

    def get_serializer_class(self) -> type[TraceSerializer]:
        return TraceDetail if self.action == "retrieve" else TraceSerializer

    def filtered(self, rows: Any, asked: dict[str, Any]) -> QuerySet[RequestTrace]:
        return TraceFilter().applied_to(rows, asked)
