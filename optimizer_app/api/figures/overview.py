"""What requests came to: tokens, money, latency, ratios, routes, over a window and its parts."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from optimizer_app.api.figures.window import SelectionFilter, asked, chosen
from optimizer_app.rollups.figures import fallback_reasons, figures_of, totals
from optimizer_app.rollups.reading import sums


def _usd() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=20, decimal_places=9, allow_null=True)


class TotalsSerializer(serializers.Serializer[Any]):
    """Shares and money are null where nothing is known of them."""

    requests = serializers.IntegerField()
    tokens_before = serializers.IntegerField()
    tokens_after = serializers.IntegerField()
    tokens_saved = serializers.IntegerField()
    cut_share = serializers.FloatField(allow_null=True)
    gross_usd = _usd()
    net_usd = _usd()
    cache_effect_usd = _usd()
    read_back_usd = _usd()
    reconciled_share = serializers.FloatField(
        allow_null=True, help_text="Of how many the provider reported what it billed."
    )
    cache_hit_share = serializers.FloatField(allow_null=True)
    repeats = serializers.IntegerField(
        help_text="Requests whose prompt came before, within the exact cache's lifetime."
    )
    repeat_hits = serializers.IntegerField(help_text="Those of them that the exact cache knew.")
    repeat_hit_share = serializers.FloatField(allow_null=True)
    continued = serializers.IntegerField(help_text="Turns that continue a conversation.")
    prefixes_found = serializers.IntegerField(help_text="Those of them of which an earlier turn was known.")
    prefix_hit_share = serializers.FloatField(allow_null=True)
    provider_cached_share = serializers.FloatField(
        allow_null=True, help_text="Of the input tokens, those that the provider had in its cache."
    )
    fallback_share = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True, help_text="Latency that the optimizer added.")
    failed_stages = serializers.IntegerField()
    provider_errors = serializers.IntegerField(source="errors")
    interrupted = serializers.IntegerField()
    negative = serializers.IntegerField(help_text="Requests that cost more than they saved.")


class BucketSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    requests = serializers.IntegerField()
    tokens_before = serializers.IntegerField()
    tokens_after = serializers.IntegerField()
    gross_usd = _usd()
    net_usd = _usd()
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    p99_ms = serializers.FloatField(allow_null=True)


class RatiosSerializer(serializers.Serializer[Any]):
    bins = serializers.ListField(child=serializers.IntegerField(), help_text="20 bins from 0 to 1.")
    grew = serializers.IntegerField(help_text="Requests that became longer.")
    median = serializers.FloatField(allow_null=True)


class FaithfulnessSerializer(serializers.Serializer[Any]):
    bins = serializers.ListField(child=serializers.IntegerField(), help_text="20 bins from 0 to 1.")
    median = serializers.FloatField(allow_null=True)
    unscored = serializers.IntegerField(help_text="Requests of which nothing was compressed.")


class OverviewSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    totals = TotalsSerializer()
    previous = TotalsSerializer(help_text="Of as long a time before.")
    buckets = BucketSerializer(many=True)
    ratios = RatiosSerializer()
    faithfulness = FaithfulnessSerializer()
    routes = serializers.DictField(child=serializers.IntegerField())
    fallback_reasons = serializers.DictField(child=serializers.IntegerField())
    why_not = serializers.DictField(
        child=serializers.IntegerField(), help_text="Requests that were not made smaller, by the reason."
    )


class OverviewView(APIView):
    """The figures of the overview, from rollups."""

    @extend_schema(parameters=[SelectionFilter], responses=OverviewSerializer)
    def get(self, request: Request) -> Response:
        of = chosen(request, asked(request, SelectionFilter))
        found = figures_of(of.selection, of.window)
        by_route = sums(
            of.selection,
            of.window.stretch,
            ("route", "fallback_reason"),
            ("requests", "optimized_fallbacks"),
        )
        routes = dict.fromkeys((row["route"] for row in by_route), 0)
        for row in by_route:
            routes[row["route"]] += row["requests"]
        shown = {
            "start": of.window.start,
            "end": of.window.end,
            "totals": found.totals,
            "previous": totals(of.selection, of.window.previous()),
            "buckets": found.buckets,
            "ratios": found.ratios,
            "faithfulness": found.faithfulness,
            "routes": routes,
            "fallback_reasons": dict(fallback_reasons(by_route)),
            "why_not": found.why_nots,
        }
        return Response(OverviewSerializer(shown).data)
