"""The forms of a project, and of what ends."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.projects.limits import LIMIT_NOTES, LimitsForm
from dashboard.shell.forms import PageForm
from optimizer_app.models import OptimizationConfig, Project

_NAME = forms.TextInput(attrs={"autocomplete": "off"})
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

    field_order = ("name", "config", "analytics_url")
    notes = LIMIT_NOTES

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
