"""Both groups of a holdout side by side: what optimizing came to, and what it did not."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from optimizer_app.api.figures.window import WindowFilter, asked, chosen
from optimizer_app.holdout.comparison import Unit, Verdict, compared
from optimizer_app.models import OptimizationConfig


class HoldoutFilter(WindowFilter):
    config = serializers.UUIDField(help_text="The id of a config.")


class GroupSerializer(serializers.Serializer[Any]):
    conversations = serializers.IntegerField()
    requests = serializers.IntegerField()
    finish_reasons = serializers.DictField(child=serializers.IntegerField())


class DifferenceSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField(help_text="Of the 95% interval.")
    high = serializers.FloatField()
    detectable = serializers.FloatField(help_text="What would have been shown in four of five comparisons.")
    is_shown = serializers.BooleanField()


class MetricSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="metric.name")
    unit = serializers.ChoiceField(choices=[unit.value for unit in Unit], source="metric.unit")
    held_out = serializers.FloatField(allow_null=True)
    optimized = serializers.FloatField(allow_null=True)
    difference = DifferenceSerializer(allow_null=True, help_text="Of the optimized group from the other.")
    conversations = serializers.IntegerField(source="units", help_text="In which there was any of it.")
    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict])
    is_worse = serializers.BooleanField(help_text="Whether the optimized group is shown to do worse.")


class HoldoutSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    held_out = GroupSerializer()
    optimized = GroupSerializer()
    metrics = MetricSerializer(many=True)


class HoldoutView(APIView):
    """The comparison of one config's conversations."""

    @extend_schema(parameters=[HoldoutFilter], responses=HoldoutSerializer)
    def get(self, request: Request) -> Response:
        query = asked(request, HoldoutFilter)
        config_id = query.pop("config")
        of = chosen(request, query)
        visible = OptimizationConfig.objects.filter(project__in=of.selection.project_ids)
        config = visible.filter(pk=config_id).first()
        if config is None:
            raise serializers.ValidationError({"config": "there is no such config"})
        found = compared(config, of.window)
        shown = {
            "start": of.window.start,
            "end": of.window.end,
            "held_out": found.held_out,
            "optimized": found.optimized,
            "metrics": found.metrics,
        }
        return Response(HoldoutSerializer(shown).data)
