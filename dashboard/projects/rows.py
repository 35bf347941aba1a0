"""The rows of the list of projects, and the one project that a page is about."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.http import Http404

from dashboard.shell.scope import Scope
from optimizer_app.models import OptimizationConfig, Project, Provider
from optimizer_app.projects.usage import ProjectUse, project_uses
from optimizer_app.rollups.reading import Stretch

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ProjectRow:
    project: Project
    use: ProjectUse
    config: str
    providers: int


SORTS: dict[str, Callable[[ProjectRow], Any]] = {
    "-keys": lambda row: -row.use.keys,
    "-requests": lambda row: -row.use.requests,
    "-net": lambda row: -(row.use.net_usd or Decimal(0)),
    "-used": lambda row: _NEVER - (row.use.last_used_at or _NEVER),
}


def project_rows(projects: Sequence[Project], stretch: Stretch, sort: str) -> list[ProjectRow]:
    """The projects by name, or in the order of a known `sort`."""
    ids = [project.pk for project in projects]
    uses = project_uses(ids, stretch)
    defaults = OptimizationConfig.objects.filter(project__in=ids, is_default=True)
    configs = dict(defaults.values_list("project", "name"))
    counts = Provider.objects.filter(project__in=ids).order_by().values_list("project")
    providers = dict(counts.annotate(Count("pk")))
    rows = [
        ProjectRow(project, uses[project.pk], configs.get(project.pk, ""), providers.get(project.pk, 0))
        for project in projects
    ]
    return sorted(rows, key=SORTS[sort]) if sort in SORTS else rows


def own_project(scope: Scope, project_id: uuid.UUID) -> Project:
    """404 where it is none of the reader's."""
    for project in scope.projects:
        if project.pk == project_id:
            return project
    raise Http404(f"no project {project_id} among yours")
