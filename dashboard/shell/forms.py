"""Forms as all pages show them: fields with label, help, unit, default, reset and error; errors summed up.

A page's form is a `PageForm`. `shell/forms/form.html` shows it with its buttons, by `error_summary.html` and
`field.html` beside it; `css/forms.css` and `js/forms.js` belong to them. Without scripts the button
Reset posts `reset=<field>`, which `with_reset` puts into what was posted. Forms that take a prompt share
its kinds and `text_area`; those of something new share `OfOneProject` and `name_field`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict

from dashboard.shell.select import options_of
from optimizer_app.models import Project


@dataclass(frozen=True, slots=True)
class FieldNote:
    """What stands beside a field. `default` is what Reset sets it to; a field that has None is not reset."""

    unit: str = ""
    default: str | None = None
    default_label: str = ""

    @property
    def shown_default(self) -> str:
        return self.default_label or self.default or ""


_NO_NOTE = FieldNote()
KINDS = (("text", "Text"), ("openai", "OpenAI"), ("anthropic", "Anthropic"), ("responses", "Responses"))


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea({"rows": rows, "spellcheck": "false", "autocomplete": "off"})


def name_field(help_text: str) -> forms.SlugField:
    """The name of something new, by which requests choose it."""
    return forms.SlugField(
        max_length=60,
        help_text=help_text,
        error_messages={
            "required": "Give it a name.",
            "invalid": "Only letters, digits, hyphens and underscores, without spaces.",
        },
    )


def set_choices(form: forms.Form, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
    """Let the field of this one form be chosen from these."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)


class NotedField(BoundField):
    """A field of a `PageForm` and what its template shows of it."""

    form: PageForm

    @property
    def note(self) -> FieldNote:
        return self.form.notes.get(self.name, _NO_NOTE)

    @property
    def text(self) -> str:
        """The value as it stands in the control; that of a checkbox is `on` or nothing."""
        value = self.value()
        if isinstance(self.field, forms.BooleanField):
            return "on" if value and str(value).lower() != "false" else ""
        return "" if value is None else str(value).replace("\r\n", "\n")

    @property
    def is_changed(self) -> bool:
        """Whether Reset would change it."""
        return self.note.default is not None and self.text != self.note.default

    @property
    def unit_id(self) -> str:
        return f"{self.auto_id}_unit"

    @property
    def aria_describedby(self) -> str | None:
        ids = [super().aria_describedby, self.unit_id if self.note.unit else ""]
        return " ".join(filter(None, ids)) or None


class PageForm(forms.Form):
    """A form of a page. `notes` has what stands beside its fields, by their names; `folded` are those that
    few people need."""

    bound_field_class = NotedField
    use_required_attribute = False
    notes: Mapping[str, FieldNote] = {}
    folded: tuple[str, ...] = ()
    folded_label = ""

    @property
    def unfolded_fields(self) -> list[BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.folded]

    @property
    def folded_fields(self) -> list[BoundField]:
        return [self[name] for name in self.folded]

    @property
    def unfolds(self) -> bool:
        """Whether something that is folded is set, or wrong."""
        return any(field.value() or field.errors for field in self.folded_fields)

    @property
    def invalid_fields(self) -> list[BoundField]:
        return [field for field in self if field.errors]

    @property
    def error_count(self) -> int:
        return len(self.errors)


class OfOneProject(PageForm):
    """Something new, which belongs to one of the reader's projects: `project` becomes that."""

    project = forms.ChoiceField()

    def __init__(self, *args: Any, projects: Iterable[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects = {project.name: project for project in projects}
        set_choices(self, "project", options_of(self.projects))

    def clean_project(self) -> Project:
        return self.projects[self.cleaned_data["project"]]


def with_reset(posted: QueryDict, notes: Mapping[str, FieldNote]) -> QueryDict:
    """What was posted, with the field whose Reset was pressed as its default has it."""
    name = posted.get("reset", "")
    default = notes[name].default if name in notes else None
    if default is None:
        return posted
    changed = posted.copy()
    changed[name] = default
    return changed
