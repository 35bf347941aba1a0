"""Changes of fields as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.configs.fields import as_label, title_of
from optimizer_app.configs.changes import Change


@dataclass(frozen=True, slots=True)
class ChangeRow:
    name: str
    title: str
    before: str
    after: str


def change_rows(changes: Iterable[Change]) -> list[ChangeRow]:
    return [
        ChangeRow(
            change.name,
            title_of(change.name),
            as_label(change.name, change.before),
            as_label(change.name, change.after),
        )
        for change in changes
    ]
