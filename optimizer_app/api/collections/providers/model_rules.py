"""A model's window and how its provider caches, and rules of one's own in their place."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.access import person_of
from optimizer_app.api.view import OfTheInstance
from optimizer_app.models import ModelRules
from optimizer_app.models.providers.model_rules import (
    MAX_LIFETIME_SECONDS,
    MAX_TOKENS,
    MIN_WINDOW_TOKENS,
    CacheBreakpoints,
)
from optimizer_app.prices.rules import RuleValues, remove_rules, set_rules
from optimizer_app.prices.shown_rules import shown_rules


def _number(least: int, most: int, says: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=least, max_value=most, allow_null=True, default=None, help_text=says
    )


class RuleValuesSerializer(serializers.Serializer[Any]):
    context_window_tokens = _number(MIN_WINDOW_TOKENS, MAX_TOKENS, "What the model takes and gives together.")
    cache_min_tokens = _number(0, MAX_TOKENS, "The shortest prefix that is cached.")
    cache_step_tokens = _number(1, MAX_TOKENS, "Cached lengths are multiples of it.")
    cache_lifetime_seconds = _number(1, MAX_LIFETIME_SECONDS, "How long a prefix is kept after its last use.")
    cache_breakpoints = serializers.ChoiceField(
        CacheBreakpoints.choices, allow_blank=True, default="", help_text="Which prefixes are cached."
    )


class ShownRuleSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.JSONField(allow_null=True, help_text="A number, or which prefixes are cached.")
    origin = serializers.CharField(
        source="source", help_text="Set here, genai-prices, a price file, or documentation."
    )


class ModelRulesView(OfTheInstance):
    """A model's window and cache rules. Setting them holds from the next request on; staff only."""

    @extend_schema(responses=ShownRuleSerializer(many=True))
    def get(self, request: Request, model: str) -> Response:
        return self._shown(model)

    @extend_schema(request=RuleValuesSerializer, responses=ShownRuleSerializer(many=True))
    def put(self, request: Request, model: str) -> Response:
        """Set the model's rules in this instance; what is left out is as it is known."""
        asked = RuleValuesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        set_rules(model, RuleValues(**asked.validated_data), person_of(request))
        return self._shown(model)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, model: str) -> Response:
        """What is known of the model holds again."""
        if not remove_rules(model):
            raise NotFound("the model has no rules of its own here")
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _shown(self, model: str) -> Response:
        rules = shown_rules(model, "", ModelRules.objects.filter(model=model).first())
        return Response(ShownRuleSerializer(rules, many=True).data)
