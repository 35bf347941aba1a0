"""The form of a model's price, and what the list can be narrowed to."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.shell.forms import FieldNote, PageForm
from optimizer_app.prices.entries import ModelPrices

_UNIT = FieldNote("$ per million tokens")
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
    notes = dict.fromkeys(("input_usd", "output_usd", "cache_read_usd", "cache_write_usd"), _UNIT)

    def prices(self) -> ModelPrices:
        return ModelPrices(*(self.cleaned_data[name] for name in self.notes))
