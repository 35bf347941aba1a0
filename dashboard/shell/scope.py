"""What a page looks at: whose traces, of which project, over which window. All of it is in the URL."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from optimizer_app.clickhouse.copying import kept_since
from optimizer_app.clickhouse.stored import TraceRows, reads_all_since, stored_traces
from optimizer_app.models import Document, OptimizationConfig, Project, Provider, Role
from optimizer_app.models.configs.config import OptimizationConfigQuerySet
from optimizer_app.models.document import DocumentQuerySet
from optimizer_app.rollups.windows import DEFAULT_RANGE, RANGES, Range, Window


@dataclass(frozen=True, slots=True)
class Scope:
    """The project and the range that a page was asked for, within what its reader may see."""

    user: AbstractBaseUser | AnonymousUser
    projects: tuple[Project, ...]
    project: Project | None
    range: Range
    window: Window

    @classmethod
    def of_request(cls, request: HttpRequest) -> Scope:
        """404 for a project that does not exist or is not the reader's: the two look the same."""
        projects = tuple(Project.objects.visible_to(request.user).with_role_of(request.user))
        name = request.GET.get("project", "")
        project = next((found for found in projects if found.name == name), None)
        if name and project is None:
            raise Http404(f"no project {name!r} among yours")
        span = RANGES.get(request.GET.get("range", ""), RANGES[DEFAULT_RANGE])
        return cls(request.user, projects, project, span, Window.ending_at(timezone.now(), span))

    def all_traces(self) -> TraceRows:
        """The traces of the chosen project, or of all of the reader's, of any time."""
        if self.project is not None:
            return stored_traces().filter(project=self.project)
        return stored_traces().visible_to(self.user)

    def traces(self) -> TraceRows:
        """Those of them that the window holds."""
        return self.window.of(self.all_traces())

    @property
    def missing_before(self) -> datetime | None:
        """The moment before which the window's traces cannot be read now; None where all can."""
        return None if reads_all_since(self.window.start) else kept_since(timezone.now())

    def providers(self) -> QuerySet[Provider]:
        """The providers of the chosen project, or of all of the reader's."""
        return Provider.objects.filter(project__in=self.chosen_projects)

    def documents(self) -> DocumentQuerySet:
        """The documents of the chosen project, or of all of the reader's."""
        found = Document.objects.visible_to(self.user)
        return found.filter(project=self.project) if self.project else found

    def configs(self) -> OptimizationConfigQuerySet:
        """The configs of the chosen project, or of all of the reader's."""
        found = OptimizationConfig.objects.visible_to(self.user)
        return found.filter(project=self.project) if self.project else found

    @property
    def chosen_projects(self) -> tuple[Project, ...]:
        """The chosen project, or all of the reader's."""
        return (self.project,) if self.project else self.projects

    def own(self, project_id: uuid.UUID) -> Project:
        """The reader's project of this id; 404 where it is none of theirs."""
        for project in self.projects:
            if project.pk == project_id:
                return project
        raise Http404(f"no project {project_id} among yours")

    @property
    def may_edit(self) -> bool:
        return self.may(Role.EDITOR)

    @property
    def may_own(self) -> bool:
        return self.may(Role.OWNER)

    def may(self, role: Role, project: Project | None = None) -> bool:
        """Whether the reader has the role in the project; without one, in some of the chosen projects."""
        asked = self.chosen_projects if project is None else (project,)
        return any(self._role_in(each) in role.and_above for each in asked)

    def _role_in(self, project: Project) -> str:
        return next((str(own.role) for own in self.projects if own.pk == project.pk), "")  # type: ignore[attr-defined]

    @property
    def project_ids(self) -> tuple[uuid.UUID, ...]:
        return tuple(project.pk for project in self.chosen_projects)

    @property
    def only_project(self) -> Project | None:
        """The project that an action goes to without asking: the chosen one, or the reader's only one."""
        return self.project or (self.projects[0] if len(self.projects) == 1 else None)

    @property
    def shows_projects(self) -> bool:
        """Whether a table has to name the project of each row."""
        return self.project is None and len(self.projects) > 1

    @property
    def project_label(self) -> str:
        return self.project.name if self.project else "all projects"

    @property
    def suffix(self) -> str:
        """The query string that carries the scope to another page; empty for the defaults."""
        chosen = {}
        if self.project is not None:
            chosen["project"] = self.project.name
        if self.range.key != DEFAULT_RANGE:
            chosen["range"] = self.range.key
        return f"?{urlencode(chosen)}" if chosen else ""
