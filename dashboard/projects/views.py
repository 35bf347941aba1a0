"""Projects: who sends requests, with which keys, and what is saved?"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dashboard.projects.limits import use_rows
from dashboard.projects.rows import own_project, project_rows
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.captures.usage import kept_texts
from optimizer_app.limits.holders import project_holder
from optimizer_app.limits.present import present_use
from optimizer_app.models import Role
from optimizer_app.outgoing import host_of
from optimizer_app.projects.usage import project_uses


@signed_in
def project_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    sort = request.GET.get("sort", "")
    rows = project_rows(scope.projects, scope.window.stretch, sort)
    context = {"page": "projects", "rows": rows, "sort": sort}
    return render_page(request, "dashboard/projects/list.html", scope, context)


@signed_in
def project_page(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """404 for another's project, as for one that never was."""
    scope = Scope.of_request(request)
    project = own_project(scope, project_id)
    keys = project.keys.select_related("config").order_by("revoked_at", "name")
    context = {
        "page": "projects",
        "project": project,
        "may_own": scope.may(Role.OWNER, project),
        "members": project.memberships.count(),
        "use": project_uses([project.pk], scope.window.stretch)[project.pk],
        "default": project.configs.filter(is_default=True).first(),
        "keys": sorted(keys, key=lambda key: (key.revoked_at is not None, key.name)),
        "providers": project.providers.order_by("created_at", "name"),
        "kept": kept_texts(project),
        "limits_use": use_rows(present_use(project_holder(project, timezone.now())), project.budget_period),
        "receiver": host_of(project.analytics_url),
        "instance_receiver": host_of(settings.ANALYTICS_URL),
    }
    return render_page(request, "dashboard/projects/project.html", scope, context)
