"""What models cost, and prices of one's own in their place."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.access import person_of, projects_of
from optimizer_app.api.view import OfTheInstance
from optimizer_app.clickhouse.stored import TraceRows, stored_traces
from optimizer_app.prices.entries import ModelPrices
from optimizer_app.prices.listing import price_list, priced_model_named
from optimizer_app.prices.overrides import remove_override, set_override

_MAX_USD = 100_000


def _usd(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=14,
        decimal_places=6,
        min_value=0,
        max_value=_MAX_USD,
        help_text="$ per million tokens",
        **options,
    )


class PricesSerializer(serializers.Serializer[Any]):
    input_usd = _usd()
    output_usd = _usd()
    cache_read_usd = _usd(allow_null=True, default=None)
    cache_write_usd = _usd(allow_null=True, default=None)
    cache_write_1h_usd = _usd(allow_null=True, default=None)


class PricedModelSerializer(serializers.Serializer[Any]):
    model = serializers.CharField()
    provider = serializers.CharField()
    requests = serializers.IntegerField()
    unpriced = serializers.IntegerField(help_text="Requests whose saving has no price.")
    prices = PricesSerializer(allow_null=True)
    listed = PricesSerializer(allow_null=True, help_text="Without the override.")
    is_overridden = serializers.SerializerMethodField()

    def get_is_overridden(self, row: Any) -> bool:
        return row.override is not None


class _Prices(OfTheInstance):
    def traces(self) -> TraceRows:
        return stored_traces().filter(project__in=projects_of(self.request))


class PricesView(_Prices):
    """The models that requests name, unpriced ones first."""

    @extend_schema(responses=PricedModelSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(PricedModelSerializer(price_list(self.traces()), many=True).data)


class PriceView(_Prices):
    """One model's price. Setting one holds from the next request on; staff only."""

    @extend_schema(responses=PricedModelSerializer)
    def get(self, request: Request, model: str) -> Response:
        return self._shown(model)

    @extend_schema(request=PricesSerializer, responses=PricedModelSerializer)
    def put(self, request: Request, model: str) -> Response:
        """Set the model's price in this instance."""
        asked = PricesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        set_override(model, ModelPrices(**asked.validated_data), person_of(request))
        return self._shown(model)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, model: str) -> Response:
        """The known price holds again."""
        if not remove_override(model):
            raise NotFound("the model has no price of its own here")
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _shown(self, model: str) -> Response:
        return Response(PricedModelSerializer(priced_model_named(model, self.traces())).data)
