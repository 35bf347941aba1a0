"""The forms of a project, and of what ends."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.projects.limits import LIMIT_NOTES, LimitsForm
from dashboard.shell.forms import FieldNote, PageForm
from optimizer_app.models import OptimizationConfig, Project
from optimizer_app.models.projects.project import DEFAULT_DRAIN_TOKENS, MAX_DRAIN_SECONDS, MAX_DRAIN_TOKENS
from optimizer_app.projects.settings import DrainSettings

_NAME = forms.TextInput(attrs={"autocomplete": "off"})
_NUMBER = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
_TYPED = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})


class NewProjectForm(PageForm):
    """A project starts with its name; it gets a default config of the preset balanced."""

    name = forms.CharField(
        max_length=100,
        widget=_NAME,
        help_text="A team or a service: its keys, configs, documents and requests are kept apart.",
    )


class ProjectForm(LimitsForm):
    """What can be changed of a project. Its limits are those of all its keys together."""

    field_order = ("name", "config", "analytics_url", "drain_seconds", "drain_tokens")
    notes = {
        **LIMIT_NOTES,
        "drain_seconds": FieldNote(unit="seconds"),
        "drain_tokens": FieldNote(unit="tokens"),
    }

    name = forms.CharField(max_length=100, widget=_NAME)
    config = forms.ModelChoiceField(
        OptimizationConfig.objects.none(),
        label="Default config",
        required=False,
        empty_label=None,
        help_text="Keys that name no config of their own use it.",
    )
    analytics_url = forms.URLField(
        label="Events go to",
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    drain_seconds = forms.IntegerField(
        label="Read left streams on for",
        required=False,
        min_value=0,
        max_value=MAX_DRAIN_SECONDS,
        widget=_NUMBER,
        help_text="When a client leaves, so that the provider says what it bills. Empty or 0: closed at "
        "once, which stops the provider too, and what it bills is estimated.",
    )
    drain_tokens = forms.IntegerField(
        label="and for at most",
        required=False,
        min_value=1,
        max_value=MAX_DRAIN_TOKENS,
        widget=_NUMBER,
        help_text="Of the answer, which are billed. What is longer is estimated.",
    )

    @property
    def drain(self) -> DrainSettings:
        seconds, tokens = self.cleaned_data["drain_seconds"], self.cleaned_data["drain_tokens"]
        return DrainSettings(seconds or 0, tokens or DEFAULT_DRAIN_TOKENS)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["config"].queryset = project.configs.order_by("name")  # type: ignore[attr-defined]


class TypedNameForm(PageForm):
    """The name of what ends, typed by whoever ends it."""

    name = forms.CharField(widget=_TYPED)

    def __init__(self, *args: Any, name: str, what: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = f"Type the {what}'s name"
        self.expected, self.what = name, what

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name != self.expected:
            raise forms.ValidationError(f"This is not the name of the {self.what}.")
        return name
