"""What bounds a key or a project: how much it may ask for in a minute, at a time, and for how much money."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models


def _bound() -> models.PositiveIntegerField[int | None, int | None]:
    return models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])


class BudgetPeriod(models.TextChoices):
    """Of UTC: a budget starts anew with it."""

    DAY = "day", "Day"
    MONTH = "month", "Month"


class Limited(models.Model):
    """Bounds of one key, or of all keys of a project together. None: there is no such bound.

    `max_tokens_per_minute` counts what the provider bills, prompts and answers. `budget_usd` is US dollars.
    `allowed_models` are names with `*` for anything; none: all models. `allowed_endpoints` are lines such as
    `POST /v1/chat/completions` or `/v1/files/*`; none: all that a key's scopes allow.
    """

    max_requests_per_minute = _bound()
    max_tokens_per_minute = _bound()
    max_concurrent_requests = _bound()
    budget_usd = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    budget_period = models.CharField(
        max_length=5, choices=BudgetPeriod.choices, default=BudgetPeriod.MONTH, db_default=BudgetPeriod.MONTH
    )
    allowed_models = ArrayField(models.CharField(max_length=200), default=list, db_default=[], blank=True)

    allowed_endpoints = ArrayField(models.CharField(max_length=200), default=list, db_default=[], blank=True)

    class Meta:
        abstract = True
