"""The form of a new config."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from dashboard.shell.forms import OfOneProject, name_field, set_choices
from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import OptimizationConfig
from token_optimizer.config import PRESETS

_PRESET_LABELS = {
    "safe": "safe: nothing is lost that a reader could miss",
    "balanced": "balanced: half of the tokens go",
    "aggressive": "aggressive: seven in ten go, where the question allows it",
}


class NewConfigForm(OfOneProject):
    """Name, project, and the preset or config to start from."""

    name = name_field("Letters, digits, hyphens and underscores. Requests choose it by X-Optimizer-Config.")
    project = forms.ChoiceField(help_text="Only keys of this project can use it.")
    start = forms.ChoiceField(
        label="Start from", initial="balanced", help_text="A preset or a config; every field can be changed."
    )

    def __init__(self, *args: Any, configs: Iterable[OptimizationConfig], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configs = {str(config.pk): config for config in configs}
        set_choices(self, "start", self._starts())

    def clean_start(self) -> ConfigValues:
        chosen = self.cleaned_data["start"]
        return ConfigValues(chosen) if chosen in PRESETS else ConfigValues.of(self.configs[chosen])

    def _starts(self) -> list[tuple[str, list[tuple[str, str]]]]:
        presets = [(name, _PRESET_LABELS[name]) for name in PRESETS]
        configs = [(key, f"{config} ({config.project.name})") for key, config in self.configs.items()]
        return [("Presets", presets), ("Configs", configs)] if configs else [("Presets", presets)]
