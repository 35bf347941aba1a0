"""The form of a template: its fields follow from its messages and its variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from dashboard.prompts.typed import EMPTY, texts_of
from dashboard.shell.forms import OfOneProject, PageForm, name_field
from dashboard.shell.select import options_of

DIALECTS = (("openai", "OpenAI chat completions"), ("anthropic", "Anthropic messages"))
ROLES = ("system", "developer", "user", "assistant")
KINDS = (
    ("text", "Text"),
    ("number", "Number"),
    ("choice", "Choice"),
    ("documents", "Documents"),
    ("json", "JSON"),
)
_TYPED_AS = {
    "documents": "Parted by lines of ---; the first line of each is its title.",
    "json": "As JSON.",
}


class NewPromptForm(OfOneProject):
    """Name and project."""

    name = name_field("Letters, digits, hyphens and underscores. Requests choose it by this name.")
    project = forms.ChoiceField(help_text="Only keys of this project can use it.")


class NoteForm(PageForm):
    """Why a version is published, and on which one it was decided."""

    base_version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    note = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text="Why, for whoever reads the history: “shorter rules, same answers”.",
    )


@dataclass(frozen=True, slots=True)
class MessageFields:
    """The fields of a message, the `number`-th of `count`."""

    number: int
    count: int
    role: BoundField
    text: BoundField


@dataclass(frozen=True, slots=True)
class VariableFields:
    name: str
    fields: list[BoundField]


class PromptForm(PageForm):
    """A template, usable or not, with what is wrong at its fields."""

    dialect = forms.CharField(label="Format", required=False, widget=forms.Select(choices=DIALECTS))
    model = forms.CharField(
        required=False,
        widget=forms.TextInput({"list": "models", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Empty: each request has to name one.",
    )
    parameters = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text="Further fields of the body as a JSON object: max_tokens, temperature, tools.",
    )
    marks_stable_part = forms.BooleanField(
        label="Mark the stable part",
        required=False,
        help_text="For Anthropic, which caches up to a mark (cache_control). OpenAI needs none.",
    )

    def __init__(self, content: Mapping[str, Any], problems: Mapping[str, str]) -> None:
        super().__init__(texts_of(content))
        self._messages = range(len(content["messages"]))
        self._names = [variable["name"] for variable in content["variables"]]
        for number in self._messages:
            self.fields |= _message_fields(number)
        for variable in content["variables"]:
            self.fields |= _variable_fields(variable)
        self.full_clean()
        for place, reason in problems.items():
            self.add_error(self._field_at(place), f"{reason[0].upper()}{reason[1:]}.")

    @property
    def messages(self) -> list[MessageFields]:
        return [
            MessageFields(
                number, len(self._messages), self[f"message-{number}-role"], self[f"message-{number}-text"]
            )
            for number in self._messages
        ]

    @property
    def variables(self) -> list[VariableFields]:
        return [
            VariableFields(
                name, [self[field] for field in self.fields if field.startswith(f"variable-{name}-")]
            )
            for name in self._names
        ]

    @property
    def settings(self) -> list[BoundField]:
        return [self[name] for name in ("dialect", "model", "parameters", "marks_stable_part")]

    def _field_at(self, place: str) -> str | None:
        """The field that shows a part of the template; None for one that has none."""
        part, _, rest = place.partition(".")
        number, _, inner = rest.partition(".")
        name = part
        if part == "messages" and number:
            name = f"message-{number}-{inner}"
        elif part == "variables" and number:
            name = f"variable-{self._names[int(number)]}-{inner.partition('.')[0]}"
        return name if name in self.fields else None


def _message_fields(number: int) -> dict[str, forms.Field]:
    role = forms.CharField(
        label=f"Role of message {number + 1}", required=False, widget=forms.Select(choices=options_of(ROLES))
    )
    area = forms.Textarea({"rows": 6, "spellcheck": "true", "autocomplete": "off"})
    text = forms.CharField(label=f"Message {number + 1}", required=False, strip=False, widget=area)
    return {f"message-{number}-role": role, f"message-{number}-text": text}


def _variable_fields(variable: Mapping[str, Any]) -> dict[str, forms.Field]:
    name, kind = variable["name"], variable.get("kind", "text")
    typed = _TYPED_AS.get(kind, "")
    fields: dict[str, forms.Field] = {
        "kind": forms.CharField(label="Kind", required=False, widget=forms.Select(choices=KINDS))
    }
    if kind == "choice":
        fields["choices"] = _area("Choices", "One a line.")
    fields |= {
        "example": _control(kind, "Example", f"For the preview and the sums of costs. {typed}"),
        "default": _control(kind, "Default", f"For requests that bring no value. {typed}"),
        "optional": forms.BooleanField(label="May be left empty", required=False),
        "description": forms.CharField(
            label="Description", required=False, widget=forms.TextInput({"autocomplete": "off"})
        ),
    }
    if kind not in EMPTY:
        del fields["optional"]
    return {f"variable-{name}-{field}": control for field, control in fields.items()}


def _control(kind: str, label: str, help_text: str) -> forms.Field:
    if kind in ("text", "documents", "json"):
        return _area(label, help_text)
    return forms.CharField(
        label=label, required=False, help_text=help_text, widget=forms.TextInput({"autocomplete": "off"})
    )


def _area(label: str, help_text: str) -> forms.Field:
    area = forms.Textarea({"rows": 2, "spellcheck": "false", "autocomplete": "off"})
    return forms.CharField(label=label, required=False, strip=False, help_text=help_text, widget=area)
