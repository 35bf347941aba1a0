"""The keys of a project: a new one, whose secret is shown once, and the end of one."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.cache import add_never_cache_headers

from dashboard.connecting.clients import connection_of
from dashboard.projects.forms import KeyForm, TypedNameForm
from dashboard.projects.rows import own_project
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.models import ApiKey, Project
from optimizer_app.projects.errors import KeyMadeAlready
from optimizer_app.projects.keys import create_key, revoke_key


@signed_in
def new_key(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Asks on GET. The answer to the POST is the one page that shows the secret."""
    scope = Scope.of_request(request)
    project = own_project(scope, project_id)
    form = KeyForm(request.POST or None, project=project)
    if not form.is_valid():
        context = {"page": "projects", "form": form, "project": project}
        return render_page(request, "dashboard/projects/new_key.html", scope, context)
    given = form.cleaned_data
    try:
        key, secret = create_key(project, given["name"], given["config"], given["id"])
    except KeyMadeAlready:
        messages.warning(request, f"{given['name']} was made already, and its key is not shown again.")
        return redirect("dashboard:project", project.pk)
    return _shown_once(request, scope, project, key, secret)


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
    response = render_page(request, "dashboard/projects/key_once.html", scope, context)
    add_never_cache_headers(response)
    return response


@signed_in
def revoke(request: HttpRequest, project_id: uuid.UUID, key_id: uuid.UUID) -> HttpResponse:
    """Asks on GET for the key's name, as a revoked key cannot be brought back; ends it on POST."""
    scope = Scope.of_request(request)
    project = own_project(scope, project_id)
    key = get_object_or_404(ApiKey, pk=key_id, project=project, revoked_at=None)
    form = TypedNameForm(request.POST or None, name=key.name, what="key")
    if form.is_valid():
        revoke_key(key)
        messages.success(request, f"{key.name} is revoked: within seconds it is refused everywhere.")
        return redirect("dashboard:project", project.pk)
    context = {"page": "projects", "form": form, "project": project, "key": key}
    return render_page(request, "dashboard/projects/revoke.html", scope, context)
