"""The filters of requests, for the list and for the neighbours of one request: a GET form in the URL."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms
from django.db.models import Q

from dashboard.shell.select import Select, options_of
from dashboard.traces.conditions import ERROR, FAILED_STAGE, INTERRUPTED, NEGATIVE, NOT_SMALLER, TEXT_KEPT
from dashboard.traces.routes import ROUTES
from optimizer_app.models import RequestTrace
from optimizer_app.models.trace import RequestTraceQuerySet

FLAGS: dict[str, tuple[str, Q]] = {
    "same": ("Not made smaller", NOT_SMALLER),
    "fallback": ("Fell back", Q(fallback_used=True)),
    "budget": ("Over budget", ~Q(over_budget="")),
    "compaction": ("Compaction", Q(compacted=True)),
    "failed": ("Stage failed", FAILED_STAGE),
    "negative": ("Net negative", NEGATIVE),
    "error": ("Provider error", ERROR),
    "interrupted": ("Interrupted", INTERRUPTED),
    "kept": ("Text kept", TEXT_KEPT),
}
_HEX_DIGITS = 32


class RequestFilter(forms.Form):
    """Which requests to list. An id, or the beginning of one, is looked for in all time."""

    q = forms.CharField(required=False, strip=True, max_length=40)
    model = forms.CharField(required=False, max_length=200)
    route = forms.ChoiceField(required=False, choices=list(ROUTES.items()))
    status = forms.ChoiceField(required=False, choices=RequestTrace.Status.choices)
    flag = forms.ChoiceField(required=False, choices=[(key, label) for key, (label, _) in FLAGS.items()])
    config = forms.CharField(required=False, max_length=60)
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    prompt = forms.CharField(required=False, max_length=60)
    prompt_version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)

    def clean_q(self) -> str:
        text = re.sub(r"[-\s]", "", self.cleaned_data["q"]).lower()
        if text and not re.fullmatch(r"[0-9a-f]{1,32}", text):
            raise forms.ValidationError("An id holds only digits, a–f and hyphens.")
        return text

    def applied_to(self, traces: RequestTraceQuerySet) -> RequestTraceQuerySet:
        """The traces that the valid filters let through; a filter that is not valid lets none."""
        if not self.is_valid():
            return traces.none()
        chosen = self.cleaned_data
        exact = {name: chosen[name] for name in ("model", "route", "status") if chosen[name]}
        found = traces.filter(**exact, **self._of_versions())
        if chosen["flag"]:
            found = found.filter(FLAGS[chosen["flag"]][1])
        if chosen["q"]:
            first, last = _id_bounds(chosen["q"])
            found = found.filter(id__gte=first, id__lte=last)
        return found

    def _of_versions(self) -> dict[str, Any]:
        """Name and version of the config, and of the prompt template, as links from their pages have them."""
        given = self.cleaned_data
        asked = {
            "config_name": given["config"],
            "config_version": given["version"],
            "prompt_name": given["prompt"],
            "prompt_version": given["prompt_version"],
        }
        return {name: value for name, value in asked.items() if value}

    def selects(self, models: list[str]) -> list[Select]:
        """The drop-downs of the page; the models are those that were seen."""
        choices = (
            ("model", "All models", options_of(models)),
            ("route", "All routes", tuple(ROUTES.items())),
            ("status", "Any status", tuple(RequestTrace.Status.choices)),
            ("flag", "Any flag", tuple((key, label) for key, (label, _) in FLAGS.items())),
        )
        return [
            Select(name, name.capitalize(), empty, options, self.data.get(name, ""))
            for name, empty, options in choices
        ]

    @property
    def looks_for_id(self) -> bool:
        return self.is_valid() and bool(self.cleaned_data["q"])

    def chosen(self) -> dict[str, Any]:
        """The filters that are set, by the name a reader knows them by."""
        shown = {"q": "id"} | {name: name for name in self.fields if name != "q"}
        return {label: self.data.get(name) for name, label in shown.items() if self.data.get(name)}


def _id_bounds(prefix: str) -> tuple[uuid.UUID, uuid.UUID]:
    return uuid.UUID(prefix.ljust(_HEX_DIGITS, "0")), uuid.UUID(prefix.ljust(_HEX_DIGITS, "f"))
