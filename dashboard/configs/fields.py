"""The fields of a config as a form: every field that the service can set, as text that a reader types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from dashboard.shell.forms import FieldNote, PageForm
from dashboard.shell.select import options_of
from optimizer_app.configs.check import problem
from optimizer_app.configs.values import ConfigValues, preset_values
from token_optimizer.config import PRESETS
from token_optimizer.config_fields import SERVICE_FIELDS, ConfigField, Kind
from token_optimizer.junk_patterns import pattern_problem

PATTERNS = ("junk_regexes", "mask_patterns")


def as_text(field: ConfigField, value: Any) -> str:
    """A value as it stands in the form."""
    value = value.get(field.key) if field.key else value
    if field.kind is Kind.FLAG:
        return "on" if value else ""
    if field.kind is Kind.LINES:
        return "\n".join(value)
    if field.kind is Kind.PAIRS:
        return "\n".join(f"{name} = {item:g}" for name, item in value.items())
    return "" if value is None else str(value)


def as_label(name: str, value: Any) -> str:
    """A value as it is told in a table: `on` and `off`, lines one below the other, what empty means."""
    field = SERVICE_FIELDS.get(name)
    if field is None:
        return str(value)
    if field.kind is Kind.FLAG:
        return "on" if value else "off"
    return as_text(field, value) or field.empty or "empty"


def title_of(name: str) -> str:
    return SERVICE_FIELDS[name].title if name in SERVICE_FIELDS else name.capitalize()


class ConfigForm(PageForm):
    """The fields over a preset, which Reset goes back to. What is typed is checked field by field."""

    base_version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    preset = forms.ChoiceField(choices=options_of(PRESETS), widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None, *, known: ConfigValues, base_version: int) -> None:
        """`known` is what is stored; without `data` it is what the form shows."""
        shown = {name: as_text(SERVICE_FIELDS[name], value) for name, value in known.whole().items()}
        initial = {**shown, "preset": known.preset, "base_version": base_version}
        super().__init__(data, initial=initial)
        self.known = known
        preset = (data or {}).get("preset", known.preset)
        self.of_preset = preset_values(preset if preset in PRESETS else known.preset)
        self.fields.update({name: _control(field) for name, field in SERVICE_FIELDS.items()})
        self.notes = {name: self._note(field) for name, field in SERVICE_FIELDS.items()}

    def values(self) -> ConfigValues:
        """What was typed where it can be used, and what is known where it cannot."""
        typed = {name: value for name, value in self.cleaned_data.items() if name in SERVICE_FIELDS}
        preset = self.cleaned_data.get("preset", self.known.preset)
        return ConfigValues.differing(preset, {**self.known.whole(), **typed})

    def clean(self) -> None:
        for name, value in list(self.cleaned_data.items()):
            if field := SERVICE_FIELDS.get(name):
                self._clean_value(field, value)

    def _clean_value(self, field: ConfigField, text: Any) -> None:
        value = _value(field, text, self.of_preset[field.name])
        check = _pattern_problems if field.name in PATTERNS else problem
        reason = check(field.name, value)
        if reason:
            self.add_error(field.name, f"{reason[0].upper()}{reason[1:]}.")
        else:
            self.cleaned_data[field.name] = value

    def _note(self, field: ConfigField) -> FieldNote:
        default = as_text(field, self.of_preset[field.name])
        label = as_label(field.name, self.of_preset[field.name])
        unit = "" if field.kind in (Kind.LINES, Kind.PAIRS) else field.measure
        return FieldNote(f"{unit}; empty: {field.empty}" if field.empty else unit, default, label)


def _control(field: ConfigField) -> forms.Field:
    more: dict[str, Any] = {"label": field.title, "help_text": field.effect}
    required: dict[str, Any] = {
        "required": not field.optional,
        "error_messages": {"required": "This cannot be empty."},
    }
    if field.kind is Kind.FLAG:
        return forms.BooleanField(required=False, **more)
    if field.kind is Kind.CHOICE:
        return forms.ChoiceField(choices=options_of(field.choices), **more)
    if field.kind in (Kind.LINES, Kind.PAIRS):
        area = forms.Textarea({"rows": 3, "spellcheck": "false", "autocomplete": "off"})
        return forms.CharField(required=False, widget=area, strip=False, **{**more, **_one_a_line(field)})
    if field.kind is Kind.TEXT:
        return forms.CharField(
            max_length=200, widget=forms.TextInput({"spellcheck": "false"}), **required, **more
        )
    return _number(field, **required, **more)


def _number(field: ConfigField, **more: Any) -> forms.Field:
    whole = field.kind is Kind.WHOLE
    mode = {"inputmode": "numeric" if whole else "decimal", "autocomplete": "off", "size": "9"}
    widget = forms.TextInput(mode)
    more["error_messages"]["invalid"] = "Must be a whole number." if whole else "Must be a number, as 0.5."
    return (forms.IntegerField if whole else forms.FloatField)(widget=widget, **more)


def _one_a_line(field: ConfigField) -> dict[str, str]:
    return {"help_text": f"One a line, {field.unit}. {field.effect}"}


def _value(field: ConfigField, cleaned: Any, of_preset: Any) -> Any:
    """The field's value for the config, from what the control holds."""
    if field.kind is Kind.LINES:
        return [line for line in str(cleaned).splitlines() if line.strip()]
    if field.kind is Kind.PAIRS:
        return dict(_pair(line) for line in str(cleaned).splitlines() if line.strip())
    return {**of_preset, field.key: cleaned} if field.key else cleaned


def _pair(line: str) -> tuple[str, float | str]:
    """The name and the number of a line; a text that is no number is named where the value is checked."""
    name, _, value = line.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        return name.strip(), value.strip()


def _pattern_problems(name: str, patterns: list[str]) -> str:
    """What is wrong with each line, and with all of them."""
    reasons = {number: pattern_problem(text) for number, text in enumerate(patterns, 1)}
    found = [f"line {number}: {reason}" for number, reason in reasons.items() if reason]
    return "; ".join(found) or problem(name, patterns)
