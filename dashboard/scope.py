"""What a page looks at: whose traces, of which project, over which window. All of it is in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import Http404, HttpRequest
from django.utils import timezone

from optimizer_app.models import Document, OptimizationConfig, Project, RequestTrace
from optimizer_app.models.config import OptimizationConfigQuerySet
from optimizer_app.models.document import DocumentQuerySet
from optimizer_app.models.trace import RequestTraceQuerySet
from optimizer_app.traces.ids import first_id_at

DEFAULT_RANGE = "24h"


@dataclass(frozen=True, slots=True)
class Range:
    """One choice of the range control. A chart of it has `length / step` buckets."""

    key: str
    label: str
    length: timedelta
    step: timedelta


RANGES = {
    found.key: found
    for found in (
        Range("1h", "last hour", timedelta(hours=1), timedelta(minutes=1)),
        Range("24h", "last 24 hours", timedelta(hours=24), timedelta(minutes=15)),
        Range("7d", "last 7 days", timedelta(days=7), timedelta(hours=2)),
        Range("30d", "last 30 days", timedelta(days=30), timedelta(hours=6)),
    )
}


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time in whole buckets, the last of which is still filling."""

    start: datetime
    end: datetime
    step: timedelta

    @classmethod
    def ending_at(cls, now: datetime, span: Range) -> Window:
        """The range's window at `now`: its bucket edges stay where they are while time passes."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        last_edge = epoch + ((now - epoch) // span.step + 1) * span.step
        return cls(start=last_edge - span.length, end=now, step=span.step)

    def previous(self) -> Window:
        """The span of the same length that ended where this one starts."""
        return Window(start=self.start - (self.end - self.start), end=self.start, step=self.step)

    def bucket_starts(self) -> list[datetime]:
        count = -((self.start - self.end) // self.step)
        return [self.start + self.step * index for index in range(count)]

    def of(self, traces: RequestTraceQuerySet) -> RequestTraceQuerySet:
        """The traces begun inside the window, found by id."""
        return traces.since(self.start).filter(id__lt=first_id_at(self.end + timedelta(milliseconds=1)))


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
        projects = tuple(Project.objects.visible_to(request.user))
        name = request.GET.get("project", "")
        project = next((found for found in projects if found.name == name), None)
        if name and project is None:
            raise Http404(f"no project {name!r} among yours")
        span = RANGES.get(request.GET.get("range", ""), RANGES[DEFAULT_RANGE])
        return cls(request.user, projects, project, span, Window.ending_at(timezone.now(), span))

    def all_traces(self) -> RequestTraceQuerySet:
        """The traces of the chosen project, or of all of the reader's, of any time."""
        if self.project is not None:
            return RequestTrace.objects.filter(project=self.project)
        return RequestTrace.objects.visible_to(self.user)

    def traces(self) -> RequestTraceQuerySet:
        """Those of them that the window holds."""
        return self.window.of(self.all_traces())

    def documents(self) -> DocumentQuerySet:
        """The documents of the chosen project, or of all of the reader's."""
        found = Document.objects.visible_to(self.user)
        return found.filter(project=self.project) if self.project else found

    def configs(self) -> OptimizationConfigQuerySet:
        """The configs of the chosen project, or of all of the reader's."""
        found = OptimizationConfig.objects.visible_to(self.user)
        return found.filter(project=self.project) if self.project else found

    @property
    def only_project(self) -> Project | None:
        """The project that an action goes to without asking: the chosen one, or the reader's only one."""
        return self.project or (self.projects[0] if len(self.projects) == 1 else None)

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
