"""How each part of the instance is."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from optimizer_app.api.access import IsStaff
from optimizer_app.system.report import system_report


class FactSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.JSONField()
    unit = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    what = serializers.CharField()
    effect = serializers.CharField()
    remedy = serializers.CharField()
    grave = serializers.BooleanField()


class PartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["ok", "off", "warn", "down"])
    facts = FactSerializer(many=True)
    problem = ProblemSerializer(allow_null=True)


class SystemView(APIView):
    """The parts of the instance: state, effect, remedy. Staff only."""

    permission_classes = (*APIView.permission_classes, IsStaff)

    @extend_schema(responses=PartSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(PartSerializer(system_report(), many=True).data)
