"""A new project, and what is set of one."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.projects.forms import NewProjectForm, ProjectForm
from dashboard.projects.limits import initial_limits
from dashboard.projects.rows import own_project
from dashboard.shell.page import for_role, for_staff, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.models import Project, Role
from optimizer_app.outgoing import UnsafeUrl, host_of
from optimizer_app.projects.create import create_project
from optimizer_app.projects.errors import NameTaken
from optimizer_app.projects.settings import change_project

_NAME_TAKEN = "Another project has this name."


@for_staff
def new_project(request: HttpRequest) -> HttpResponse:
    """Asks on GET; makes it on POST and leads to it."""
    form = NewProjectForm(request.POST or None)
    if form.is_valid():
        try:
            user = request.user if isinstance(request.user, User) else None
            project = create_project(form.cleaned_data["name"], user)
        except NameTaken:
            form.add_error("name", _NAME_TAKEN)
        else:
            messages.success(request, f"{project} was made. Make a key for whoever sends its requests.")
            return redirect("dashboard:project", project.pk)
    context = {"page": "projects", "form": form}
    return render_page(request, "dashboard/projects/new.html", Scope.of_request(request), context)


@signed_in
@for_role(Role.OWNER)
def change(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Asks on GET; sets all of it or nothing on POST."""
    scope = Scope.of_request(request)
    project = own_project(scope, project_id)
    initial = {
        "name": project.name,
        "config": project.configs.filter(is_default=True).first(),
        "analytics_url": project.analytics_url,
        "drain_seconds": project.drain_seconds,
        "drain_tokens": project.drain_tokens,
        **initial_limits(project),
    }
    form = ProjectForm(request.POST or None, project=project, initial=initial)
    form.fields["analytics_url"].help_text = _where_events_go()
    if form.is_valid() and _changed(project, form):
        messages.success(request, f"{project} was changed; requests follow within seconds.")
        return redirect("dashboard:project", project.pk)
    context = {"page": "projects", "form": form, "project": project}
    return render_page(request, "dashboard/projects/change.html", scope, context)


def _changed(project: Project, form: ProjectForm) -> bool:
    """Whether it was changed; else the form says at which field it was refused."""
    try:
        change_project(
            project,
            name=form.cleaned_data["name"],
            analytics_url=form.cleaned_data["analytics_url"],
            default_config=form.cleaned_data["config"],
            limits=form.limits,
            drain=form.drain,
        )
    except NameTaken:
        form.add_error("name", _NAME_TAKEN)
    except UnsafeUrl as error:
        form.add_error("analytics_url", f"{error}.")
    return form.is_valid()


def _where_events_go() -> str:
    host = host_of(settings.ANALYTICS_URL)
    shared = f" They go to {host}, too, as ANALYTICS_URL of the environment says." if host else ""
    return f"A URL that takes POST requests with batches of events.{shared}"
