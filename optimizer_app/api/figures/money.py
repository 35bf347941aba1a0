"""What requests were billed, would have been billed without us, and saved."""

from __future__ import annotations

from typing import Any, get_args

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from optimizer_app.api.figures.window import SelectionFilter, WindowFilter, asked, chosen
from optimizer_app.spend.drifts import model_drifts
from optimizer_app.spend.focus import COLUMNS, focus_rows
from optimizer_app.spend.sums import By, spend_by, spend_by_rule, total_of
from optimizer_app.spend.tags import spend_by_tag, tagged_spends


def _usd(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=20, decimal_places=9, **options)


class SpendSerializer(serializers.Serializer[Any]):
    """Net = gross - cache effect + breakpoints - reading back, over the requests that are priced."""

    requests = serializers.IntegerField()
    priced = serializers.IntegerField(help_text="Requests of which all money is known.")
    billed_usd = _usd(help_text="Of all requests whose bill is known.")
    without_us_usd = _usd(help_text="What would have been billed without the gateway.")
    gross_usd = _usd(help_text="The tokens cut, at list price.")
    cache_effect_usd = _usd(help_text="What of that the provider's cache would have discounted anyway.")
    breakpoints_usd = _usd(help_text="What breakpoints of ours in that cache saved.")
    read_back_usd = _usd()
    net_usd = _usd()
    saved_share = serializers.FloatField(allow_null=True, help_text="Net, of what would have been billed.")


class SpendRowSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(
        help_text="The key, tag, model, provider or day; empty where there is none."
    )
    spend = SpendSerializer()


class MoneySerializer(serializers.Serializer[Any]):
    total = SpendSerializer()
    rows = SpendRowSerializer(many=True)


class MoneyFilter(SelectionFilter):
    by = serializers.ChoiceField(choices=get_args(By), default="model")
    name = serializers.CharField(
        required=False,
        max_length=40,
        help_text="With by=tag: of a tag of X-Optimizer-Tags, as in customer. Without, of X-Optimizer-Tag.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "name" in attrs and attrs["by"] != "tag":
            raise serializers.ValidationError({"name": f"goes with by=tag, not by={attrs['by']}"})
        return attrs


class RuleSpendSerializer(serializers.Serializer[Any]):
    """Net = gross - cache effect - what was wanted again."""

    rule = serializers.CharField()
    tokens_cut = serializers.IntegerField(source="tokens")
    gross_usd = _usd()
    cache_effect_usd = _usd()
    read_back_usd = _usd()
    re_read_usd = _usd(help_text="What tools brought that were called again after a cut.")
    net_usd = _usd()


class DriftSerializer(serializers.Serializer[Any]):
    model = serializers.CharField()
    requests = serializers.IntegerField(source="drift.requests")
    counted_tokens = serializers.IntegerField(source="drift.counted_tokens")
    billed_tokens = serializers.IntegerField(source="drift.billed_tokens")
    share = serializers.FloatField(source="drift.share", help_text="billed / counted - 1")
    is_alarming = serializers.BooleanField(source="drift.is_alarming", help_text="More than 5 % apart.")


class MoneyView(APIView):
    """By key, tag, model, provider or day; the dearest first, days in order."""

    @extend_schema(parameters=[MoneyFilter], responses=MoneySerializer)
    def get(self, request: Request) -> Response:
        query = asked(request, MoneyFilter)
        by, name = query.pop("by"), query.pop("name", None)
        of = chosen(request, query)
        stretch = of.window.stretch
        if name:
            rows = spend_by_tag(tagged_spends(of.selection, stretch), name)
        else:
            rows = spend_by(of.selection, stretch, by)
        return Response(MoneySerializer({"total": total_of(rows), "rows": rows}).data)


class RulesMoneyView(APIView):
    """By rule, less what of its cuts was wanted again."""

    @extend_schema(parameters=[SelectionFilter], responses=RuleSpendSerializer(many=True))
    def get(self, request: Request) -> Response:
        of = chosen(request, asked(request, SelectionFilter))
        return Response(RuleSpendSerializer(spend_by_rule(of.selection, of.window.stretch), many=True).data)


class DriftView(APIView):
    """How far providers' token counts are from ours, by model, over the last 30 days."""

    @extend_schema(parameters=[WindowFilter], responses=DriftSerializer(many=True))
    def get(self, request: Request) -> Response:
        of = chosen(request, asked(request, WindowFilter))
        return Response(DriftSerializer(model_drifts(of.selection.project_ids), many=True).data)


class FocusView(APIView):
    """The bills in the columns of FOCUS 1.2: a row for each day, project, key, set of tags, provider, model
    and kind of token."""

    @extend_schema(parameters=[SelectionFilter], responses={200: list[dict[str, Any]]})
    def get(self, request: Request) -> Response:
        of = chosen(request, asked(request, SelectionFilter))
        rows = focus_rows(of.selection, of.window.stretch)
        return Response([dict(zip(COLUMNS, row, strict=True)) for row in rows])
