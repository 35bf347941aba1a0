"""The form of a route: the models, and a line for each provider."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict

from dashboard.shell.forms import FieldNote, OfOneProject, PageForm
from optimizer_app.models import Provider, Route
from optimizer_app.routes.change import MAX_RETRIES, MAX_TARGETS, MAX_WEIGHT, RouteValues, TargetValues

_TYPED = {"autocomplete": "off", "spellcheck": "false"}
_LEAST_LINES = 3
_SPARE_LINES = 2


@dataclass(frozen=True, slots=True)
class TargetLine:
    """The fields of one provider of the route."""

    number: int
    provider: BoundField
    model: BoundField
    weight: BoundField

    @property
    def errors(self) -> list[str]:
        return [*self.provider.errors, *self.model.errors, *self.weight.errors]


class RouteForm(PageForm):
    """What people set of a route of a project. A line without a provider is none."""

    pattern = forms.CharField(
        label="Models",
        max_length=200,
        widget=forms.TextInput(attrs=_TYPED),
        help_text="The model's name as requests have it; * stands for anything, as in gpt-4o* or *.",
    )
    max_retries = forms.IntegerField(
        label="Ask each provider again",
        min_value=0,
        max_value=MAX_RETRIES,
        initial=2,
        help_text="After a broken connection or an answer 429, 500, 502, 503 or 529; then the next is asked.",
    )
    notes = {"max_retries": FieldNote(unit="times at most")}

    def __init__(
        self, posted: QueryDict | None, *, providers: Sequence[Provider], route: Route | None = None
    ) -> None:
        targets = list(route.targets.all()) if route else []
        initial = {"pattern": route.pattern, "max_retries": route.max_retries} if route else {}
        for number, target in enumerate(targets):
            initial[f"provider_{number}"] = str(target.provider_id)
            initial[f"model_{number}"], initial[f"weight_{number}"] = target.model, target.weight
        super().__init__(posted, initial=initial)
        self.providers = {str(provider.pk): provider for provider in providers}
        self.count = min(max(len(targets) + _SPARE_LINES, _LEAST_LINES), MAX_TARGETS)
        for number in range(self.count):
            self._add_line(number)

    def _add_line(self, number: int) -> None:
        names = [(key, provider.name) for key, provider in self.providers.items()]
        labels = {"aria-label": f"Provider {number + 1}"}
        self.fields[f"provider_{number}"] = forms.ChoiceField(
            label=f"Provider {number + 1}",
            choices=[("", "–"), *names],
            required=False,
            widget=forms.Select(attrs=labels),
        )
        typed = {**_TYPED, "aria-label": f"Model at provider {number + 1}", "placeholder": "as it came"}
        self.fields[f"model_{number}"] = forms.CharField(
            required=False, max_length=200, widget=forms.TextInput(attrs=typed)
        )
        weight = forms.NumberInput(attrs={"aria-label": f"Weight of provider {number + 1}"})
        self.fields[f"weight_{number}"] = forms.IntegerField(
            required=False, min_value=0, max_value=MAX_WEIGHT, initial=0 if number else 1, widget=weight
        )

    @property
    def plain_fields(self) -> list[BoundField]:
        return [self[name] for name in self.fields if not name.startswith(("provider_", "model_", "weight_"))]

    @property
    def lines(self) -> Iterator[TargetLine]:
        for number in range(self.count):
            yield TargetLine(
                number + 1, self[f"provider_{number}"], self[f"model_{number}"], self[f"weight_{number}"]
            )

    def values(self) -> RouteValues:
        data = self.cleaned_data
        targets = [
            TargetValues(
                self.providers[data[f"provider_{number}"]],
                data[f"model_{number}"],
                data[f"weight_{number}"] or 0,
            )
            for number in range(self.count)
            if data[f"provider_{number}"]
        ]
        return RouteValues(data["pattern"], targets, data["max_retries"])


class ProjectForm(OfOneProject):
    """The project that a new route is for, where its reader has several."""

    project = forms.ChoiceField(help_text="Its requests go by the route.")
