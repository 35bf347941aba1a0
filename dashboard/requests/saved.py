"""Saved views of the list: one's own sets of filters as links, and what saves, renames and deletes them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.shell.page import for_role, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.models import Role, SavedView
from optimizer_app.saved_views import ViewRefused, rename_view, save_view

# What a view holds of a URL: filters, range and order, neither the project nor the place in the list.
PARTS = (
    "range", "q", "config", "version", "model", "key", "tag", "route", "status", "flag", "prompt",
    "prompt_version", "tags", "sort",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownView:
    """A saved view as a link; `is_shown` where the page shows what it leads to."""

    view: SavedView
    url: str
    is_shown: bool


def shown_views(request: HttpRequest, scope: Scope) -> list[ShownView]:
    """One's own views of the scope's project and of all projects together."""
    current = _query(request.GET)
    found = SavedView.objects.of(request.user).select_related("project")
    if scope.project is not None:
        found = found.filter(project__in=[scope.project]) | found.filter(project=None)
    return [ShownView(view, _url(view, scope), view.query == current) for view in found]


@require_POST
@signed_in
@for_role(Role.VIEWER)
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the page that the form stands on."""
    scope = Scope.of_request(request)
    query = _query(request.GET)
    try:
        view = save_view(_user(request), scope.project, request.POST.get("name", ""), query)
    except ViewRefused as error:
        messages.error(request, f"Not saved: {error}.")
    else:
        messages.success(request, f"The view {view.name} was saved.")
    return redirect(f"{reverse('dashboard:requests')}?{request.GET.urlencode()}")


@require_POST
@signed_in
@for_role(Role.VIEWER)
def change(request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
    """Rename a view, or delete it where that button was pressed."""
    view = get_object_or_404(SavedView.objects.of(request.user), pk=view_id)
    try:
        if request.POST.get("do") == "delete":
            view.delete()
            messages.success(request, f"The view {view.name} was deleted.")
        else:
            rename_view(view, request.POST.get("name", ""))
    except ViewRefused as error:
        messages.error(request, f"Not renamed: {error}.")
    return redirect(f"{reverse('dashboard:requests')}?{request.GET.urlencode()}")


def _query(data: QueryDict) -> str:
    return urlencode({name: data[name] for name in PARTS if data.get(name)})


def _url(view: SavedView, scope: Scope) -> str:
    project = view.project or scope.project
    parts = [urlencode({"project": project.name})] if project else []
    query = "&".join([*parts, view.query] if view.query else parts)
    return f"{reverse('dashboard:requests')}{f'?{query}' if query else ''}"


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("a view belongs to somebody who is signed in")
    return request.user
