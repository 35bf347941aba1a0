"""The fields of a key's or a project's limits, and how much of these is used now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from dashboard.numbers.formats import exact, money
from dashboard.shell.forms import FieldNote, PageForm, text_area
from optimizer_app.limits.path_lines import NoPathLine, path_lines
from optimizer_app.limits.present import Used
from optimizer_app.limits.values import (
    LIMIT_FIELDS,
    LIST_FIELDS,
    Limits,
    NoModelPattern,
    limits_of,
    model_patterns,
)
from optimizer_app.models.projects.limits import BudgetPeriod, Limited

_MAX_COUNT = 2**31 - 1
_NUMBER = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
_MONEY = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
_PERIODS = ((BudgetPeriod.DAY, "Each day"), (BudgetPeriod.MONTH, "Each month"))
LIMIT_NOTES = {
    "max_requests_per_minute": FieldNote(unit="a minute"),
    "max_tokens_per_minute": FieldNote(unit="a minute"),
    "max_concurrent_requests": FieldNote(unit="at a time"),
    "budget_usd": FieldNote(unit="US dollars"),
}
_CALLED = {
    "requests_per_minute": "Requests in the last minute",
    "tokens_per_minute": "Tokens in the last minute",
    "concurrent_requests": "Requests running now",
    "budget_usd": "Billed this {period}",
}


def _bound(label: str, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=1, max_value=_MAX_COUNT, widget=_NUMBER, help_text=help_text
    )


class LimitsForm(PageForm):
    """What a key, or all keys of a project together, may use. Empty fields bound nothing."""

    max_requests_per_minute = _bound(
        "Requests", "More get a 429 that says when to come back. Empty: any number."
    )
    max_tokens_per_minute = _bound(
        "Tokens", "Of prompts as they are sent and of answers, as the provider bills them."
    )
    max_concurrent_requests = _bound("Requests that run", "Streams count until they end.")
    budget_usd = forms.DecimalField(
        label="Budget",
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        widget=_MONEY,
        help_text="Once the bill has reached it, requests get a 429. At four fifths of it an event goes out.",
    )
    budget_period = forms.ChoiceField(
        label="The budget starts anew", required=False, choices=_PERIODS, help_text="At midnight UTC."
    )
    allowed_models = forms.CharField(
        label="Models",
        required=False,
        widget=text_area(3),
        help_text="A line each, * for anything, such as claude-*. Empty: all models.",
    )

    allowed_endpoints = forms.CharField(
        label="Endpoints",
        required=False,
        widget=text_area(3),
        help_text="A line each, such as POST /v1/chat/completions or GET /v1/models. "
        "Empty: all that a key may be used for.",
    )

    def clean_allowed_endpoints(self) -> list[str]:
        try:
            return path_lines(self.cleaned_data["allowed_endpoints"].splitlines())
        except NoPathLine as error:
            raise forms.ValidationError(f"{error}.") from error

    def clean_allowed_models(self) -> list[str]:
        try:
            return model_patterns(self.cleaned_data["allowed_models"].splitlines())
        except NoModelPattern as error:
            raise forms.ValidationError(f"{error}.") from error

    def clean_budget_period(self) -> str:
        return self.cleaned_data["budget_period"] or BudgetPeriod.MONTH.value

    @property
    def limits(self) -> Limits:
        return Limits(**{name: self.cleaned_data[name] for name in LIMIT_FIELDS})


def initial_limits(row: Limited | None = None) -> dict[str, Any]:
    """What the fields hold at first: those of the row, or none."""
    limits = Limits() if row is None else limits_of(row)
    return {
        **{name: getattr(limits, name) for name in LIMIT_FIELDS},
        **{name: "\n".join(getattr(limits, name)) for name in LIST_FIELDS},
    }


@dataclass(frozen=True, slots=True)
class UseRow:
    """One bound as a page shows it: how much of it is used, as a text and as a share."""

    label: str
    text: str
    share: float
    is_nearly_spent: bool


def use_rows(use: Sequence[Used], period: str) -> list[UseRow]:
    return [_row(used, period) for used in use]


def _row(used: Used, period: str) -> UseRow:
    label, limit = _CALLED[used.name].format(period=period), _shown(used.name, used.limit)
    if used.used is None:
        return UseRow(label, f"not known now, of {limit}", 0, is_nearly_spent=False)
    share = float(used.used / used.limit) if used.limit else 1.0
    text = f"{_shown(used.name, used.used)} of {limit}"
    return UseRow(label, text, min(share, 1.0), used.is_nearly_spent)


def _shown(name: str, value: int | Decimal) -> str:
    return money(Decimal(value)) if name == "budget_usd" else exact(int(value))
