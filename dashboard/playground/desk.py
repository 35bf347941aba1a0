"""What stands on the desk: the prompt's form and one for each column, as the URL or a post has them.

The URL holds all settings and never a text: `/playground?model=gpt-4o&config=balanced&config-2=safe`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest

from dashboard.playground.forms import ColumnForm, PromptForm
from dashboard.playground.templates import example_values
from dashboard.shell.scope import Scope
from optimizer_app.captures.reading import NotKept, capture_of, texts_for
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import PlaygroundExample, Project, RequestTrace
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.examples import shipped_examples, shipped_texts
from optimizer_app.playground.trial import MAX_COLUMNS
from optimizer_app.security.encryption import UndecryptableSecret

TEXTS = ("text", "question", "documents")
RUN, ASK = "run", "ask"
_COLUMN_FIELDS = ("config", "budget", "settings")


@dataclass(frozen=True, slots=True)
class Desk:
    """The forms; bound, and so checked, where `is_run`.

    `do` is what the pressed button says, and `which` what it says that of. `example` is the chosen one.
    `opened_from` is the request whose settings, and text where it is kept, the desk was opened with.
    """

    project: Project
    form: PromptForm
    columns: tuple[ColumnForm, ...]
    do: str
    which: str = ""
    example: str = ""
    opened_from: RequestTrace | None = None
    is_text_kept: bool = False

    @property
    def is_run(self) -> bool:
        return self.do in (RUN, ASK)

    @property
    def asked(self) -> int:
        """The number of the column with whose result the model is to be asked; 0 for none."""
        return int(self.which) if self.do == ASK and self.which.isdigit() else 0

    @property
    def is_valid(self) -> bool:
        """Whether all of them can be used; every one is checked, so that each shows its errors."""
        return self.is_run and all([self.form.is_valid(), *(column.is_valid() for column in self.columns)])

    @property
    def may_grow(self) -> bool:
        return len(self.columns) < MAX_COLUMNS


def desk_of(request: HttpRequest, scope: Scope) -> Desk | None:
    """The desk that a request asks for; None where the reader has no project."""
    is_post = request.method == "POST"
    project = _project(scope, request.POST.get("project", ""))
    if project is None:
        return None
    opened_from = None if is_post else _request_named(request)
    kept = _kept_texts(opened_from, request.user)
    values = _posted(request, project) if is_post else {**_in_url(request), **kept}
    if values.get("kind") == "template" and not values.get("text"):
        values = {**values, "text": example_values(project, values.get("template", ""))}
    do, _, which = (values.get("do", RUN) if is_post else "").partition("-")
    data = values if do in (RUN, ASK) else None
    form = PromptForm(data, initial=_given(values), projects=scope.projects, project=project)
    columns = tuple(
        ColumnForm(
            data, initial=_of_column(values, number), number=number, project=project, reader=request.user
        )
        for number in range(1, _count(values) + 1)
    )
    example = values.get("example", "")
    return Desk(project, form, columns, do, which, example, opened_from, is_text_kept=bool(kept))


def _project(scope: Scope, name: str) -> Project | None:
    found = next((project for project in scope.projects if project.name == name), None)
    return found or scope.project or next(iter(scope.projects), None)


def _in_url(request: HttpRequest) -> dict[str, str]:
    """The settings in the URL. A text there is nobody's wish, and is not shown."""
    values = {name: value for name, value in request.GET.dict().items() if name not in TEXTS}
    further = range(2, MAX_COLUMNS + 1)
    numbers = [n for n in further if any(_name(field, n) in values for field in _COLUMN_FIELDS)]
    return {**values, "columns": str(max(numbers, default=1))}


def _request_named(request: HttpRequest) -> RequestTrace | None:
    """The request whose settings the URL has."""
    try:
        asked = uuid.UUID(request.GET.get("request", ""))
    except ValueError:
        return None
    return stored_traces().visible_to(request.user).without_details().filter(pk=asked).first()


def _kept_texts(trace: RequestTrace | None, reader: AbstractBaseUser | AnonymousUser) -> dict[str, str]:
    """What the request asked, where that is kept."""
    if trace is None:
        return {}
    try:
        texts = texts_for(reader, capture_of(trace))
    except NotKept:
        return {}
    return {"kind": trace.dialect, "text": texts.body, "question": texts.question}


def _posted(request: HttpRequest, project: Project) -> dict[str, str]:
    """What was posted, after what its button does: one more column, one less, an example."""
    values: dict[str, str] = request.POST.dict()
    do, _, which = values.get("do", RUN).partition("-")
    if do == "add":
        return {**values, "columns": str(min(_count(values) + 1, MAX_COLUMNS))}
    if do == "remove" and which.isdigit():
        return _without_column(values, int(which))
    if do == "example":
        return {**values, **_example(request, project, values.get("example", ""))}
    return values


def _without_column(values: Mapping[str, str], removed: int) -> dict[str, str]:
    """Those behind it move up."""
    left = [_of_column(values, n) for n in range(1, _count(values) + 1) if n != removed]
    others = {name: value for name, value in values.items() if name.partition("-")[0] not in _COLUMN_FIELDS}
    moved = {_name(field, n): value for n, column in enumerate(left, 1) for field, value in column.items()}
    return {**others, **moved, "columns": str(max(len(left), 1))}


def _example(request: HttpRequest, project: Project, name: str) -> dict[str, str]:
    """The fields that an example fills in: a shipped one by its name, a saved one by its id."""
    shipped = shipped_examples().get(name)
    try:
        texts = shipped_texts(shipped) if shipped else _saved(request, project, name)
    except UndecryptableSecret:
        messages.error(request, "The example cannot be read: it was saved under another encryption key.")
        return {}
    return asdict(texts) if texts else {}


def _saved(request: HttpRequest, project: Project, name: str) -> ExampleTexts | None:
    readable = PlaygroundExample.objects.readable_by(request.user).filter(project=project)
    try:
        found = readable.filter(pk=uuid.UUID(name)).first()
    except ValueError:
        return None
    return found.texts() if found else None


def _count(values: Mapping[str, str]) -> int:
    text = values.get("columns", "1")
    return min(max(int(text), 1), MAX_COLUMNS) if text.isdigit() else 1


def _of_column(values: Mapping[str, str], number: int) -> dict[str, str]:
    return {field: values.get(_name(field, number), "") for field in _COLUMN_FIELDS}


def _name(field: str, number: int) -> str:
    return field if number == 1 else f"{field}-{number}"


def _given(values: Mapping[str, str]) -> dict[str, str]:
    """What stands in the form: an empty value is one, too."""
    names = ("project", "kind", "template", "model", *TEXTS)
    return {name: values[name] for name in names if name in values}
