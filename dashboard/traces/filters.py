"""The filters of requests, for the list and for the neighbours of one request: a GET form in the URL."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms

from dashboard.shell.facets import REQUESTS, Counted
from dashboard.shell.scope import Scope
from dashboard.traces.routes import ROUTES
from dashboard.traces.why_not import REASONS
from optimizer_app.clickhouse.stored import TraceRows
from optimizer_app.models import RequestTrace
from optimizer_app.rollups.reading import Selection
from optimizer_app.traces.flags import FLAGS

STATUSES: dict[str, Counted] = {
    "ok": {"requests": 1, "errors": -1, "interrupted": -1},
    "interrupted": {"interrupted": 1},
    "error": {"errors": 1},
}
_HEX_DIGITS = 32


class SelectionFilter(forms.Form):
    """One config, model, key, tag or route: what requests are rolled up by."""

    config = forms.CharField(required=False, max_length=60)
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    model = forms.CharField(required=False, max_length=200)
    key = forms.UUIDField(required=False)
    tag = forms.CharField(required=False, max_length=60)
    route = forms.ChoiceField(required=False, choices=list(ROUTES.items()))

    def columns(self) -> dict[str, Any]:
        """The valid filters by the columns of a trace."""
        self.full_clean()
        names = {"config": "config_name", "version": "config_version", "key": "api_key_id"}
        chosen = ((name, self.cleaned_data.get(name)) for name in SelectionFilter.base_fields)
        return {names.get(name, name): value for name, value in chosen if value}

    def applied_to(self, traces: TraceRows) -> TraceRows:
        """The traces that the valid filters let through; a filter that is not valid lets none."""
        return traces.filter(**self.columns()) if self.is_valid() else traces.none()

    def selection(self, scope: Scope) -> Selection:
        """The requests of the scope's projects that the filters let through; none where one is not valid."""
        projects = scope.project_ids if self.is_valid() else ()
        return Selection(projects, **self.columns())

    def chosen(self) -> dict[str, Any]:
        """The filters that are set, by the name a reader knows them by."""
        shown = {"q": "id"} if "q" in self.fields else {}
        shown |= {name: name for name in self.fields if name != "q"}
        return {label: self.data.get(name) for name, label in shown.items() if self.data.get(name)}


class RequestFilter(SelectionFilter):
    """Which requests to list. An id, or the beginning of one, is looked for in all time."""

    q = forms.CharField(required=False, strip=True, max_length=40)
    status = forms.ChoiceField(required=False, choices=RequestTrace.Status.choices)
    flag = forms.ChoiceField(required=False, choices=[(key, flag.label) for key, flag in FLAGS.items()])
    why_not = forms.ChoiceField(
        required=False, choices=[(reason.value, shown.label) for reason, shown in REASONS.items()]
    )
    prompt = forms.CharField(required=False, max_length=60)
    prompt_version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    tags = forms.RegexField(r"^[^=]+=.+$", required=False, max_length=101)

    def clean_q(self) -> str:
        text = re.sub(r"[-\s]", "", self.cleaned_data["q"]).lower()
        if text and not re.fullmatch(r"[0-9a-f]{1,32}", text):
            raise forms.ValidationError("An id holds only digits, a–f and hyphens.")
        return text

    def applied_to(self, traces: TraceRows) -> TraceRows:
        found = super().applied_to(traces)
        if not self.is_valid():
            return found
        chosen = self.cleaned_data
        found = found.filter(**self._of_prompt())
        if chosen["tags"]:
            name, _, value = chosen["tags"].partition("=")
            found = found.filter(tags__contains={name: value})
        if chosen["status"]:
            found = found.filter(status=chosen["status"])
        if chosen["flag"]:
            found = found.filter(FLAGS[chosen["flag"]].condition)
        if chosen["why_not"]:
            found = found.filter(why_not=chosen["why_not"])
        if chosen["q"]:
            first, last = _id_bounds(chosen["q"])
            found = found.filter(id__gte=first, id__lte=last)
        return found

    def _of_prompt(self) -> dict[str, Any]:
        """Name and version of the prompt template, as links from its page have them."""
        given = self.cleaned_data
        asked = {"prompt_name": given.get("prompt"), "prompt_version": given.get("prompt_version")}
        return {name: value for name, value in asked.items() if value}

    @property
    def counted(self) -> Counted:
        """What the choices of other filters count: requests of the status or with the flag that is chosen; of
        both together, of a reason, of a prompt template, and of tags, no count is kept."""
        status, flag = (self.cleaned_data.get(name) for name in ("status", "flag"))
        uncounted = self.cleaned_data.get("why_not") or self.cleaned_data.get("tags") or self._of_prompt()
        if (status and flag) or uncounted:
            return {}
        if flag:
            return {FLAGS[flag].measure: 1} if FLAGS[flag].measure else {}
        return STATUSES[status] if status else REQUESTS

    @property
    def measure(self) -> str:
        """A measure that is not 0 where a request may meet the status, the flag and the reason."""
        status, flag = (self.cleaned_data.get(name) for name in ("status", "flag"))
        if self.cleaned_data.get("why_not"):
            return "not_smaller"
        if flag:
            return FLAGS[flag].measure or "requests"
        return next(iter(STATUSES[status])) if status else "requests"

    @property
    def looks_for_id(self) -> bool:
        return self.is_valid() and bool(self.cleaned_data["q"])


def _id_bounds(prefix: str) -> tuple[uuid.UUID, uuid.UUID]:
    return uuid.UUID(prefix.ljust(_HEX_DIGITS, "0")), uuid.UUID(prefix.ljust(_HEX_DIGITS, "f"))
