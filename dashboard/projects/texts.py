"""All texts that a project keeps, deleted at once."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.numbers.formats import exact
from dashboard.projects.forms import TypedNameForm
from dashboard.projects.rows import own_project
from dashboard.shell.page import for_role, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.captures.removal import delete_captures_of
from optimizer_app.captures.usage import kept_texts
from optimizer_app.models import Role


@signed_in
@for_role(Role.OWNER)
def delete_project_texts(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Asks on GET for the project's name, as texts cannot be brought back; deletes them on POST."""
    scope = Scope.of_request(request)
    project = own_project(scope, project_id)
    form = TypedNameForm(request.POST or None, name=project.name, what="project")
    if form.is_valid():
        count = delete_captures_of(project, request.user)
        messages.success(request, f"The texts of {exact(count)} requests were deleted.")
        return redirect("dashboard:project", project.pk)
    context = {"page": "projects", "form": form, "project": project, "kept": kept_texts(project)}
    return render_page(request, "dashboard/projects/delete_texts.html", scope, context)
