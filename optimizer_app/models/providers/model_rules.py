"""A model's window and the rules of its provider's cache, as people set them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

MIN_WINDOW_TOKENS = 256
MAX_TOKENS = 100_000_000
MAX_LIFETIME_SECONDS = 30 * 86_400


class CacheBreakpoints(models.TextChoices):
    """Which prefixes of a prompt the provider keeps, besides those that the request marks."""

    NONE = "none", "only what the request marks"
    NEWEST = "newest", "what the request marks, and up to the newest message"
    EVERYWHERE = "everywhere", "every prefix"


class ModelRules(models.Model):
    """What holds of a model in this instance besides its price; `model` as requests name it.

    What is None or empty is as genai-prices and the provider's documentation have it.
    """

    model = models.CharField(max_length=200, unique=True)
    context_window_tokens = models.PositiveIntegerField(
        null=True, validators=[MinValueValidator(MIN_WINDOW_TOKENS)]
    )
    cache_min_tokens = models.PositiveIntegerField(null=True)
    cache_step_tokens = models.PositiveIntegerField(null=True, validators=[MinValueValidator(1)])
    cache_lifetime_seconds = models.PositiveIntegerField(null=True, validators=[MinValueValidator(1)])
    cache_breakpoints = models.CharField(max_length=10, blank=True, choices=CacheBreakpoints)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["model"]

    def __str__(self) -> str:
        return self.model
