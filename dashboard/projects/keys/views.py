"""The keys of a project: a new one, whose secret is shown once, its change, its rotation, and its end."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from dashboard.connecting.clients import connection_of
from dashboard.projects.forms import TypedNameForm
from dashboard.projects.keys.forms import KeyChangeForm, NewKeyForm, RotationForm
from dashboard.projects.limits import use_rows
from dashboard.projects.rows import own_project
from dashboard.shell.page import for_role, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.limits.holders import key_holder
from optimizer_app.limits.present import present_use
from optimizer_app.models import ApiKey, Project, Role
from optimizer_app.projects.errors import KeyHasEnded, KeyMadeAlready
from optimizer_app.projects.keys import change_key, create_key, revoke_key, rotate_key


@signed_in
@for_role(Role.OWNER)
def new_key(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Asks on GET. The answer to the POST is the one page that shows the secret."""
    scope = Scope.of_request(request)
    project = own_project(scope, project_id)
    form = NewKeyForm(request.POST or None, project=project)
    if not form.is_valid():
        context = {"page": "projects", "form": form, "project": project}
        return render_page(request, "dashboard/projects/keys/new.html", scope, context)
    try:
        key, secret = create_key(project, form.values, form.cleaned_data["id"])
    except KeyMadeAlready:
        messages.warning(request, f"{form.values.name} was made already, and its key is not shown again.")
        return redirect("dashboard:project", project.pk)
    return _shown_once(request, scope, project, key, secret)


@signed_in
@for_role(Role.OWNER)
def key_page(request: HttpRequest, project_id: uuid.UUID, key_id: uuid.UUID) -> HttpResponse:
    """What the key may do; set anew on POST."""
    scope, project, key = _found(request, project_id, key_id)
    form = KeyChangeForm(request.POST or None, key=key)
    if form.is_valid():
        change_key(key, form.values)
        messages.success(request, f"{key.name} was changed; requests follow within seconds.")
        return redirect("dashboard:project", project.pk)
    use = use_rows(present_use(key_holder(key, timezone.now())), key.budget_period)
    context = {"page": "projects", "form": form, "project": project, "key": key, "use": use}
    return render_page(request, "dashboard/projects/keys/key.html", scope, context)


@signed_in
@for_role(Role.OWNER)
def rotate(request: HttpRequest, project_id: uuid.UUID, key_id: uuid.UUID) -> HttpResponse:
    """Asks on GET for how long the old secret works on. The answer to the POST shows the new one."""
    scope, project, key = _found(request, project_id, key_id)
    form = RotationForm(request.POST or None)
    if not form.is_valid():
        context = {"page": "projects", "form": form, "project": project, "key": key}
        return render_page(request, "dashboard/projects/keys/rotate.html", scope, context)
    try:
        secret = rotate_key(key, timedelta(hours=form.cleaned_data["grace_hours"]))
    except KeyHasEnded:
        messages.warning(request, f"{key.name} has ended: a new key takes its place.")
        return redirect("dashboard:project", project.pk)
    return _shown_once(request, scope, project, key, secret)


@signed_in
@for_role(Role.OWNER)
def revoke(request: HttpRequest, project_id: uuid.UUID, key_id: uuid.UUID) -> HttpResponse:
    """Asks on GET for the key's name, as a revoked key cannot be brought back; ends it on POST."""
    scope, project, key = _found(request, project_id, key_id)
    form = TypedNameForm(request.POST or None, name=key.name, what="key")
    if form.is_valid():
        revoke_key(key)
        messages.success(request, f"{key.name} is revoked: within seconds it is refused everywhere.")
        return redirect("dashboard:project", project.pk)
    context = {"page": "projects", "form": form, "project": project, "key": key}
    return render_page(request, "dashboard/projects/keys/revoke.html", scope, context)


def _found(request: HttpRequest, project_id: uuid.UUID, key_id: uuid.UUID) -> tuple[Scope, Project, ApiKey]:
    """404 for another's key, and for one that is revoked."""
    scope = Scope.of_request(request)
    project = own_project(scope, project_id)
    key = get_object_or_404(
        ApiKey.objects.select_related("project"), pk=key_id, project=project, revoked_at=None
    )
    return scope, project, key


def _shown_once(
    request: HttpRequest, scope: Scope, project: Project, key: ApiKey, secret: str
) -> HttpResponse:
    """In the page alone: neither a cookie nor a URL carries it, and no cache keeps it."""
    context = {
        "page": "projects",
        "project": project,
        "key": key,
        "secret": secret,
        **connection_of(request, [project], secret),
    }
    response = render_page(request, "dashboard/projects/keys/once.html", scope, context)
    add_never_cache_headers(response)
    return response
