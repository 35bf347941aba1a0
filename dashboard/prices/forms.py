"""The forms of a model's price, and of its window and how its provider caches."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.shell.forms import FieldNote, PageForm
from optimizer_app.models.providers.model_rules import (
    MAX_LIFETIME_SECONDS,
    MAX_TOKENS,
    MIN_WINDOW_TOKENS,
    CacheBreakpoints,
)
from optimizer_app.prices.entries import PRICE_NAMES, ModelPrices
from optimizer_app.prices.rules import RuleValues

_UNIT = FieldNote("$ per million tokens")
_TOKENS = FieldNote("tokens")
MAX_USD = 100_000


class PriceField(forms.DecimalField):
    """US dollars a million tokens."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=MAX_USD,
            decimal_places=6,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            **options,
        )


class PriceForm(PageForm):
    """What a model costs here."""

    model = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text="As requests name it, to the letter.",
    )
    input_usd = PriceField(label="Input")
    output_usd = PriceField(label="Output")
    cache_read_usd = PriceField(
        label="Read from the cache", required=False, help_text="Empty: it costs as input does."
    )
    cache_write_usd = PriceField(
        label="Written to the cache", required=False, help_text="Empty: it costs as input does."
    )
    cache_write_1h_usd = PriceField(
        label="Written for an hour",
        required=False,
        help_text="Empty: twice what input does, where writes have a price of their own.",
    )
    notes = dict.fromkeys(PRICE_NAMES, _UNIT)

    def prices(self) -> ModelPrices:
        return ModelPrices(*(self.cleaned_data[name] for name in self.notes))


def _whole(label: str, least: int, most: int, says: str = "") -> forms.IntegerField:
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(
        label=label, required=False, min_value=least, max_value=most, widget=widget, help_text=says
    )


class RulesForm(PageForm):
    """A model's window and the rules of its provider's cache; what is empty stays as it is known."""

    context_window_tokens = _whole(
        "Context window", MIN_WINDOW_TOKENS, MAX_TOKENS, "The hard budget of configs that name none."
    )
    cache_min_tokens = _whole("Shortest cached prefix", 0, MAX_TOKENS)
    cache_step_tokens = _whole("Cached in steps of", 1, MAX_TOKENS)
    cache_lifetime_seconds = _whole("Kept after its last use", 1, MAX_LIFETIME_SECONDS)
    cache_breakpoints = forms.ChoiceField(
        label="What is cached", required=False, choices=[("", "as it is known"), *CacheBreakpoints.choices]
    )
    notes = {
        "context_window_tokens": _TOKENS,
        "cache_min_tokens": _TOKENS,
        "cache_step_tokens": _TOKENS,
        "cache_lifetime_seconds": FieldNote("seconds"),
    }

    def values(self) -> RuleValues:
        return RuleValues(**self.cleaned_data)
