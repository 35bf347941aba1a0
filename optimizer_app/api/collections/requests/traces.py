"""Traces of requests, without any prompt text."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.fields import ProjectFilter
from optimizer_app.api.view import Collection
from optimizer_app.clickhouse.stored import TraceRows, stored_traces
from optimizer_app.models import RequestTrace, TraceFeedback
from optimizer_app.models.traces.trace import LARGE_COLUMNS
from optimizer_app.trace_ids import first_id_at
from optimizer_app.traces.comparison import paired_blocks
from optimizer_app.traces.feedback import feedback_on
from optimizer_app.traces.flags import FLAGS
from token_optimizer.models import WhyNot

_COLUMNS = {
    "config": "config_name",
    "version": "config_version",
    "prompt": "prompt_name",
    "key": "api_key",
    "conversation": "conversation_id",
    "tags": "tags__contains",
}


class TagField(serializers.CharField):
    """One tag as name=value."""

    def to_internal_value(self, data: Any) -> Any:
        name, equals, value = super().to_internal_value(data).partition("=")
        if not equals:
            raise serializers.ValidationError("must be name=value")
        return {name: value}


class TraceSerializer(serializers.ModelSerializer[RequestTrace]):
    tokens_saved = serializers.IntegerField(read_only=True)

    class Meta:
        model = RequestTrace
        exclude: ClassVar = LARGE_COLUMNS


class FeedbackSerializer(serializers.ModelSerializer[TraceFeedback]):
    class Meta:
        model = TraceFeedback
        fields: ClassVar = ["api_key", "score", "label", "updated_at"]


class TraceDetail(TraceSerializer):
    feedback = serializers.SerializerMethodField()

    @extend_schema_field(FeedbackSerializer(many=True))
    def get_feedback(self, trace: RequestTrace) -> Any:
        """What keys said of the answer."""
        return FeedbackSerializer(feedback_on(trace), many=True).data

    class Meta:
        model = RequestTrace
        fields = "__all__"


class PlaceSerializer(serializers.Serializer[Any]):
    """The block of one place in both prompts; null where only the other has one there."""

    first = serializers.DictField(allow_null=True)
    second = serializers.DictField(allow_null=True)


class ComparisonFilter(serializers.Serializer[Any]):
    second = serializers.UUIDField(help_text="The id of the other request.")


class TraceFilter(ProjectFilter):
    model = serializers.CharField(required=False)
    route = serializers.CharField(required=False)
    status = serializers.ChoiceField(required=False, choices=RequestTrace.Status.choices)
    config = serializers.CharField(required=False, help_text="The name of a config.")
    version = serializers.IntegerField(required=False, min_value=1, help_text="Of the config.")
    tag = serializers.CharField(required=False)
    tags = TagField(required=False, help_text="As name=value: requests with this tag of X-Optimizer-Tags.")
    conversation = serializers.UUIDField(required=False)
    flag = serializers.ChoiceField(
        required=False, choices=[(name, flag.label) for name, flag in FLAGS.items()]
    )
    why_not = serializers.ChoiceField(
        required=False, choices=[reason.value for reason in WhyNot], help_text="Why it was not made smaller."
    )
    prompt = serializers.CharField(required=False, help_text="The name of a prompt template.")
    key = serializers.UUIDField(required=False, help_text="The id of an API key.")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def applied_to(self, traces: TraceRows, asked: dict[str, Any]) -> TraceRows:
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

    def get_queryset(self) -> Any:
        """With their blocks and stages only where one is asked for."""
        found = stored_traces().filter(project__in=self.projects)
        return found if self.action in ("retrieve", "against") else found.without_details()

    def get_serializer_class(self) -> type[TraceSerializer]:
        return TraceDetail if self.action == "retrieve" else TraceSerializer

    def filtered(self, rows: Any, asked: dict[str, Any]) -> Any:
        return TraceFilter().applied_to(rows, asked)

    @extend_schema(parameters=[ComparisonFilter], responses=PlaceSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def against(self, request: Request, pk: str) -> Response:
        """Beside another request, block by block, in the other's order."""
        asked = self.read(ComparisonFilter, request.query_params)
        first, second = self.get_object(), self.get_queryset().filter(pk=asked["second"]).first()
        if second is None:
            raise serializers.ValidationError({"second": "there is no such request"})
        rows = [
            {"first": _block(first, one), "second": _block(second, other)}
            for one, other in paired_blocks(first.blocks, second.blocks)
        ]
        return Response(PlaceSerializer(rows, many=True).data)


def _block(trace: RequestTrace, position: int | None) -> dict[str, Any] | None:
    return None if position is None else trace.blocks[position]
