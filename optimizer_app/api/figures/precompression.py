"""What was compressed in the background, and whether it was ready when it was wanted."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from optimizer_app.api.figures.window import WindowFilter, asked, chosen
from optimizer_app.precompression import figures


class StoredSerializer(serializers.Serializer[Any]):
    queued = serializers.IntegerField()
    working = serializers.IntegerField()
    done = serializers.IntegerField()
    below = serializers.IntegerField(help_text="Not faithful enough.")
    no_gain = serializers.IntegerField()
    failed = serializers.IntegerField()
    tokens_before = serializers.IntegerField()
    tokens_after = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True, help_text="When the oldest queued text came.")


class LookupsSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    hits = serializers.IntegerField()
    misses = serializers.IntegerField()
    unusable = serializers.IntegerField()
    dropped_full = serializers.IntegerField()
    dropped_late = serializers.IntegerField()
    hit_share = serializers.FloatField(allow_null=True)


class PrecompressionSerializer(serializers.Serializer[Any]):
    stored = StoredSerializer()
    lookups = LookupsSerializer()
    failures = serializers.DictField(child=serializers.IntegerField(), help_text="By their reasons.")


class PrecompressionView(APIView):
    """The queue and its results now, and the lookups since the window began."""

    @extend_schema(parameters=[WindowFilter], responses=PrecompressionSerializer)
    def get(self, request: Request) -> Response:
        of = chosen(request, asked(request, WindowFilter))
        ids = of.selection.project_ids
        rows = figures.precompressions(ids)
        shown = {
            "stored": figures.stored(rows),
            "lookups": figures.lookups(ids, of.window.start),
            "failures": dict(figures.failures(rows)),
        }
        return Response(PrecompressionSerializer(shown).data)
