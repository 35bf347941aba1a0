"""The form of a new config."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from dashboard.shell.forms import PageForm
from dashboard.shell.select import options_of
from optimizer_app.models import Project
from token_optimizer.config import PRESETS

_PRESET_LABELS = {
    "safe": "safe: nothing is lost that a reader could miss",
    "balanced": "balanced: half of the tokens go",
    "aggressive": "aggressive: seven in ten go, where the question allows it",
}


class NewConfigForm(PageForm):
    """Name, project and the preset to start from."""

    name = forms.RegexField(
        r"^[\w-]+\Z",
        max_length=60,
        help_text="Letters, digits, hyphens and underscores. Requests choose it by X-Optimizer-Config.",
        error_messages={
            "required": "Give it a name.",
            "invalid": "Only letters, digits, hyphens and underscores, without spaces.",
        },
    )
    project = forms.ChoiceField(help_text="Only keys of this project can use it.")
    preset = forms.ChoiceField(
        choices=[(name, _PRESET_LABELS[name]) for name in PRESETS],
        initial="balanced",
        help_text="Where it starts from; every field can be changed.",
    )

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects = {project.name: project for project in projects}
        self.fields["project"].choices = options_of(self.projects)  # type: ignore[attr-defined]

    def clean_project(self) -> Project:
        return self.projects[self.cleaned_data["project"]]
