"""The forms of a key: a new one, its change, and its rotation."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from dashboard.projects.limits import LIMIT_NOTES, LimitsForm, initial_limits
from dashboard.shell.forms import FieldNote, PageForm, set_choices, text_area
from optimizer_app.limits.path_lines import NoPathLine, path_lines
from optimizer_app.models import ApiKey, OptimizationConfig, Project
from optimizer_app.models.keys.api_key import KeyScope, all_scopes
from optimizer_app.projects.keys import KeyValues

_DAYS = {"": "Does not expire", "30": "30 days from now", "90": "90 days from now", "365": "A year from now"}
_KEPT = "kept"
_NAME = forms.TextInput(attrs={"autocomplete": "off"})
_SCOPES = {
    KeyScope.COMPLETIONS: "Completions: send prompts to the provider",
    KeyScope.OPTIMIZE: "Optimize: make prompts smaller, and read back what was left out",
    KeyScope.INGEST: "Documents: store them, and see how far they are",
    KeyScope.PASSTHROUGH: "Passthrough: embeddings, files, batches, audio and images, as they are",
}


class KeyForm(LimitsForm):
    """What can be set of a key."""

    field_order = ("name", "config", "scopes", "relay_paths", "days")
    notes = LIMIT_NOTES

    name = forms.CharField(
        max_length=100,
        widget=_NAME,
        help_text="The service that will use it, so that you know what stops when you revoke it.",
    )
    config = forms.ModelChoiceField(
        OptimizationConfig.objects.none(),
        required=False,
        empty_label="The project's default",
        help_text="A request may still choose another by X-Optimizer-Config.",
    )
    scopes = forms.MultipleChoiceField(
        label="It may be used for",
        choices=list(_SCOPES.items()),
        initial=all_scopes,
        widget=forms.CheckboxSelectMultiple,
    )
    relay_paths = forms.CharField(
        label="Passthrough only to",
        required=False,
        widget=text_area(3),
        help_text="A line each, such as POST /v1/embeddings or /v1/files/*. "
        "Empty: to all that is passed through.",
    )
    days = forms.ChoiceField(label="Expires", required=False, choices=list(_DAYS.items()))

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["config"].queryset = project.configs.order_by("name")  # type: ignore[attr-defined]

    def clean_relay_paths(self) -> list[str]:
        try:
            return path_lines(self.cleaned_data["relay_paths"].splitlines())
        except NoPathLine as error:
            raise forms.ValidationError(f"{error}.") from error

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None

    @property
    def values(self) -> KeyValues:
        given = self.cleaned_data
        return KeyValues(
            given["name"],
            given["config"],
            given["scopes"],
            given["relay_paths"],
            self.expires_at,
            self.limits,
        )


class NewKeyForm(KeyForm):
    """A new key. `id` is that of the key to be: the same form sent twice makes one key."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class KeyChangeForm(KeyForm):
    """The same of a key that is there; its end stays as it is unless another is chosen."""

    def __init__(self, *args: Any, key: ApiKey, **kwargs: Any) -> None:
        initial = {
            "name": key.name,
            "config": key.config,
            "scopes": key.scopes,
            "relay_paths": "\n".join(key.relay_paths),
            "days": _KEPT if key.expires_at else "",
            **initial_limits(key),
        }
        super().__init__(*args, project=key.project, initial=initial, **kwargs)
        self.key = key
        if key.expires_at:
            kept = (_KEPT, f"On {timezone.localtime(key.expires_at):%-d %b %Y, %H:%M}")
            set_choices(self, "days", [kept, *_DAYS.items()])

    @property
    def expires_at(self) -> datetime | None:
        return self.key.expires_at if self.cleaned_data["days"] == _KEPT else super().expires_at


class RotationForm(PageForm):
    """For how long the old secret works on."""

    grace_hours = forms.IntegerField(
        label="The old secret works on for",
        min_value=0,
        max_value=720,
        initial=24,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="Long enough to give every client the new one. 0: it ends at once.",
    )
    notes: Mapping[str, FieldNote] = {"grace_hours": FieldNote(unit="hours")}
