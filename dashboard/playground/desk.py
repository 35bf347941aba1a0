"""What stands on the desk: the prompt's form and one for each column, as the URL or a post has them.

The URL holds all settings and never a text: `/playground?model=gpt-4o&config=balanced&config-2=safe`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from dashboard.playground.forms import MAX_COLUMNS, ColumnForm, PromptForm
from dashboard.shell.scope import Scope
from optimizer_app.models import Project
from optimizer_app.playground.examples import body_text, shipped_examples

TEXTS = ("text", "question", "documents")
RUN, ASK = "run", "ask"
_COLUMN_FIELDS = ("config", "budget", "settings")


@dataclass(frozen=True, slots=True)
class Desk:
    """The forms; bound, and so checked, where `is_run`. `asked` is the number of the column with whose result
    the model is to be asked, 0 for none."""

    project: Project
    form: PromptForm
    columns: tuple[ColumnForm, ...]
    is_run: bool
    asked: int = 0

    @property
    def is_valid(self) -> bool:
        """Whether all of them can be used; every one is checked, so that each shows its errors."""
        return self.is_run and all([self.form.is_valid(), *(column.is_valid() for column in self.columns)])

    @property
    def may_grow(self) -> bool:
        return len(self.columns) < MAX_COLUMNS


def desk_of(request: HttpRequest, scope: Scope) -> Desk | None:
    """The desk that a request asks for; None where the reader has no project."""
    values = _posted(request) if request.method == "POST" else _in_url(request)
    project = _project(scope, values.get("project", ""))
    if project is None:
        return None
    do, _, which = values.get("do", RUN).partition("-")
    is_run = request.method == "POST" and do in (RUN, ASK)
    asked = int(which) if do == ASK and which.isdigit() else 0
    data = values if is_run else None
    form = PromptForm(data, initial=_given(values), projects=scope.projects, project=project)
    columns = tuple(
        ColumnForm(data, initial=_of_column(values, number), number=number, project=project)
        for number in range(1, _count(values) + 1)
    )
    return Desk(project, form, columns, is_run, asked)


def _project(scope: Scope, name: str) -> Project | None:
    found = next((project for project in scope.projects if project.name == name), None)
    return found or scope.project or next(iter(scope.projects), None)


def _in_url(request: HttpRequest) -> dict[str, str]:
    """The settings in the URL. A text there is nobody's wish, and is not shown."""
    values = {name: value for name, value in request.GET.dict().items() if name not in TEXTS}
    further = range(2, MAX_COLUMNS + 1)
    numbers = [n for n in further if any(_name(field, n) in values for field in _COLUMN_FIELDS)]
    return {**values, "columns": str(max(numbers, default=1))}


def _posted(request: HttpRequest) -> dict[str, str]:
    """What was posted, after what its button does: one more column, one less, an example."""
    values: dict[str, str] = request.POST.dict()
    do, _, which = values.get("do", RUN).partition("-")
    if do == "add":
        return {**values, "columns": str(min(_count(values) + 1, MAX_COLUMNS))}
    if do == "remove" and which.isdigit():
        return _without_column(values, int(which))
    if do == "example":
        return _with_example(values)
    return values


def _without_column(values: Mapping[str, str], removed: int) -> dict[str, str]:
    """Those behind it move up."""
    left = [_of_column(values, n) for n in range(1, _count(values) + 1) if n != removed]
    others = {name: value for name, value in values.items() if name.partition("-")[0] not in _COLUMN_FIELDS}
    moved = {_name(field, n): value for n, column in enumerate(left, 1) for field, value in column.items()}
    return {**others, **moved, "columns": str(max(len(left), 1))}


def _with_example(values: Mapping[str, str]) -> dict[str, str]:
    example = shipped_examples().get(values.get("example", ""))
    if example is None:
        return dict(values)
    return {**values, "kind": example.dialect, "text": body_text(example), "question": "", "documents": ""}


def _count(values: Mapping[str, str]) -> int:
    text = values.get("columns", "1")
    return min(max(int(text), 1), MAX_COLUMNS) if text.isdigit() else 1


def _of_column(values: Mapping[str, str], number: int) -> dict[str, str]:
    return {field: values.get(_name(field, number), "") for field in _COLUMN_FIELDS}


def _name(field: str, number: int) -> str:
    return field if number == 1 else f"{field}-{number}"


def _given(values: Mapping[str, str]) -> dict[str, str]:
    """What stands in the form: an empty value is one, too."""
    return {name: values[name] for name in ("project", "kind", "model", *TEXTS) if name in values}
