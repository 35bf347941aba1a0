"""Limits of keys and projects, as the API takes and shows them."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from rest_framework import serializers

from optimizer_app.api.fields import PathLinesField
from optimizer_app.limits.present import Used
from optimizer_app.limits.values import LIMIT_FIELDS, Limits, NoModelPattern, model_patterns
from optimizer_app.models.projects.limits import BudgetPeriod

_MAX_COUNT = 2**31 - 1


def _bound(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=1, max_value=_MAX_COUNT, required=False, allow_null=True, help_text=help_text
    )


class LimitsChange(serializers.Serializer[Any]):
    """Bounds, each null where there is none."""

    max_requests_per_minute = _bound("Null: any number.")
    max_tokens_per_minute = _bound("Tokens that the provider bills, prompts and answers.")
    max_concurrent_requests = _bound("Requests that run at a time.")
    budget_usd = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, required=False, allow_null=True,
        help_text="US dollars billed in a period. Null: any sum.",
    )  # fmt: skip
    budget_period = serializers.ChoiceField(
        choices=BudgetPeriod.choices, required=False, help_text="Of UTC, after which a budget starts anew."
    )
    allowed_models = serializers.ListField(
        child=serializers.CharField(max_length=300),
        required=False,
        help_text="Names of models, `*` for anything. None: all models.",
    )
    allowed_endpoints = PathLinesField(
        required=False,
        help_text="`POST /v1/chat/completions`, `/v1/files/*`. None: all that the scopes allow.",
    )

    def validate_allowed_models(self, names: list[str]) -> list[str]:
        try:
            return model_patterns(names)
        except NoModelPattern as error:
            raise serializers.ValidationError(str(error)) from error


class UsedSerializer(serializers.Serializer[Any]):
    """What is used of one bound now."""

    name = serializers.CharField(help_text="`requests_per_minute`, …, `budget_usd`.")
    used = serializers.FloatField(allow_null=True, help_text="Null: it cannot be counted at the moment.")
    limit = serializers.FloatField()


def taken_limits(asked: dict[str, Any], present: Limits) -> Limits:
    """The limits with what is given; it is taken out of what was asked."""
    return replace(present, **{name: asked.pop(name) for name in LIMIT_FIELDS if name in asked})


def shown_use(use: list[Used]) -> Any:
    return UsedSerializer([asdict(used) for used in use], many=True).data
