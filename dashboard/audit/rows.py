"""The entries that the page's URL asks for, and each as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from dashboard.shell.scope import Scope
from optimizer_app.models import AuditEntry
from optimizer_app.models.access.audit import AuditEntryQuerySet

PAGE_SIZE = 50
_MAX_CHARS = 60


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What the URL narrows the log to: who did it, what was done, and to which kind of thing."""

    who: str = ""
    action: str = ""
    kind: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> AuditFilter:
        action = query.get("action", "")
        return cls(
            query.get("who", "").strip()[:150],
            action if action in AuditEntry.Action.values else "",
            query.get("kind", "")[:60],
        )

    @property
    def chosen(self) -> Mapping[str, str]:
        names = {"who": self.who, "action": self.action, "kind": self.kind}
        return {name: value for name, value in names.items() if value}

    def applied_to(self, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
        wanted: dict[str, Any] = {"action": self.action, "kind": self.kind, "actor_name__icontains": self.who}
        return entries.filter(**{name: value for name, value in wanted.items() if value})


@dataclass(frozen=True, slots=True)
class AuditRow:
    entry: AuditEntry
    project: str

    @property
    def what(self) -> str:
        """As in "changed the key ci (tok_ab12…)"."""
        entry = self.entry
        if entry.action in (AuditEntry.Action.LOGIN, AuditEntry.Action.LOGOUT):
            return entry.get_action_display()
        if entry.action == AuditEntry.Action.FAILED_LOGIN:
            return f"failed to sign in as {entry.object_name or 'nobody'}"
        return " ".join(filter(None, (entry.get_action_display(), entry.kind, entry.object_name)))

    @property
    def changes(self) -> str:
        return ", ".join(_change(name, *values) for name, values in self.entry.changes.items())


@dataclass(frozen=True, slots=True)
class AuditPage:
    rows: list[AuditRow] = field(default_factory=list)
    following: int | None = None


def entries_of(scope: Scope, asked: AuditFilter) -> AuditEntryQuerySet:
    """Of the scope's window and project, as far as the reader may see them; the newest first."""
    entries = AuditEntry.objects.visible_to(scope.user)
    if scope.project is not None:
        entries = entries.filter(project_id=scope.project.pk)
    window = scope.window
    return asked.applied_to(entries.filter(at__gte=window.start, at__lte=window.end)).order_by("-id")


def page_of(scope: Scope, entries: AuditEntryQuerySet, after: str) -> AuditPage:
    if after.isdigit():
        entries = entries.filter(id__lt=int(after))
    found = list(entries[: PAGE_SIZE + 1])
    rows = rows_of(scope, found[:PAGE_SIZE])
    return AuditPage(rows, rows[-1].entry.pk if len(found) > PAGE_SIZE else None)


def rows_of(scope: Scope, entries: list[AuditEntry]) -> list[AuditRow]:
    names = {project.pk: project.name for project in scope.projects}
    return [AuditRow(entry, names.get(entry.project_id, "") if entry.project_id else "") for entry in entries]


def _change(name: str, was: Any, now: Any) -> str:
    label = name.replace("_", " ")
    if was == now:
        return f"{label} changed"
    return f"{label}: {_shown(was)} → {_shown(now)}"


def _shown(value: Any) -> str:
    text = "none" if value in (None, "") else str(value)
    return text if len(text) <= _MAX_CHARS else f"{text[:_MAX_CHARS]}…"
