"""Prices that people set for a model, in the place of those that are known of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

# What Anthropic asks for an hour, beside the price of plain input.
_HOUR_FACTOR = 2


def _usd(**options: Any) -> models.DecimalField[Any, Any]:
    """US dollars a million tokens."""
    return models.DecimalField(max_digits=14, decimal_places=6, validators=[MinValueValidator(0)], **options)


class PriceOverride(models.Model):
    """What a model costs in this instance, in US dollars a million tokens; `model` as requests name it.

    Without a price of its own, what is read from the provider's cache or written to it costs as input does.
    What is written for an hour costs twice that, as Anthropic asks, where writes have a price.
    """

    model = models.CharField(max_length=200, unique=True)
    input_usd = _usd()
    output_usd = _usd()
    cache_read_usd = _usd(null=True)
    cache_write_usd = _usd(null=True)
    cache_write_1h_usd = _usd(null=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["model"]

    def __str__(self) -> str:
        return self.model

    @property
    def hour_write_usd(self) -> Decimal | None:
        """The price of what is written for an hour; None where it costs as input does."""
        if self.cache_write_1h_usd is None and self.cache_write_usd is not None:
            return self.input_usd * _HOUR_FACTOR
        return self.cache_write_1h_usd
