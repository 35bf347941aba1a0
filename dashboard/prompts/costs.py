"""What versions of a template cost with their examples, beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from dashboard.shell.forms import PageForm
from optimizer_app.prompts.check import checked
from optimizer_app.prompts.costs import TemplateCost, template_cost
from optimizer_app.prompts.errors import PromptsError

DEFAULT_REQUESTS = 1_000


class RequestsForm(PageForm):
    """How many requests are reckoned with, and of which model; empty: each version's own."""

    requests = forms.IntegerField(
        required=False, min_value=1, max_value=10_000_000, widget=forms.TextInput({"inputmode": "numeric"})
    )
    model = forms.CharField(required=False, max_length=200)

    @property
    def count(self) -> int:
        found = self.cleaned_data.get("requests") if self.is_valid() else None
        return found or DEFAULT_REQUESTS

    @property
    def chosen_model(self) -> str:
        return str(self.cleaned_data.get("model", "")) if self.is_valid() else ""


@dataclass(frozen=True, slots=True)
class CostRow:
    """A version's cost. None: it cannot be used as it is."""

    label: str
    cost: TemplateCost | None


def cost_rows(versions: Sequence[tuple[str, Mapping[str, Any]]], asked: RequestsForm) -> list[CostRow]:
    return [CostRow(label, _cost(content, asked)) for label, content in versions if content]


def _cost(content: Mapping[str, Any], asked: RequestsForm) -> TemplateCost | None:
    try:
        template = checked(content)
        return template_cost(template, template.examples(), asked.count, asked.chosen_model)
    except PromptsError:
        return None
