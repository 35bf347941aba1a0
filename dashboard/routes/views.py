"""Routes: which provider answers which model, and how are they?"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.routes.forms import ProjectForm, RouteForm
from dashboard.routes.rows import health_rows, route_rows, ways
from dashboard.shell.page import for_role, owner_to_change, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.models import Project, Provider, Role, Route
from optimizer_app.providers.health import MINUTES
from optimizer_app.routes.change import add_route, change_route, move_route, remove_route
from optimizer_app.routes.errors import PatternRefused, PatternTaken, TargetsRefused


@signed_in
def route_list(request: HttpRequest) -> HttpResponse:
    """The routes in their order; `model` in the query asks where that model would go."""
    scope = Scope.of_request(request)
    model = request.GET.get("model", "").strip()[:200]
    providers = scope.providers().select_related("project").order_by("project__name", "created_at", "name")
    context = {
        "page": "routes",
        "rows": route_rows(scope.chosen_projects),
        "health": health_rows(list(providers)),
        "minutes": MINUTES,
        "model": model,
        "ways": ways(scope.only_project, model) if model and scope.only_project else (),
    }
    return render_page(request, "dashboard/routes/list.html", scope, context)


@signed_in
@for_role(Role.OWNER)
def new_route(request: HttpRequest) -> HttpResponse:
    """Asks on GET, first for the project where there are several; adds it on POST."""
    scope = Scope.of_request(request)
    project = scope.only_project
    if project is None:
        return _asked_for_project(request, scope)
    form = RouteForm(request.POST or None, providers=_providers(project))
    if form.is_valid() and _accepted(form, lambda: add_route(project, form.values())):
        messages.success(
            request, f"{form.cleaned_data['pattern']} has a route; requests follow within seconds."
        )
        return redirect(reverse("dashboard:routes") + scope.suffix)
    context = {"page": "routes", "form": form, "project": project}
    return render_page(request, "dashboard/routes/new.html", scope, context)


def _asked_for_project(request: HttpRequest, scope: Scope) -> HttpResponse:
    if not scope.projects:
        raise Http404("no project")
    form = ProjectForm(projects=scope.projects)
    return render_page(request, "dashboard/routes/new.html", scope, {"page": "routes", "ask": form})


@signed_in
@for_role(owner_to_change)
def route_page(request: HttpRequest, route_id: uuid.UUID) -> HttpResponse:
    """What it is, on GET; sets it on POST."""
    scope = Scope.of_request(request)
    route = _route(request, route_id)
    form = RouteForm(request.POST or None, providers=_providers(route.project), route=route)
    if form.is_valid() and _accepted(form, lambda: change_route(route, form.values())):
        messages.success(request, f"{route.pattern} was changed; requests follow within seconds.")
        return redirect("dashboard:routes")
    context = {"page": "routes", "route": route, "form": form}
    return render_page(request, "dashboard/routes/route.html", scope, context)


@signed_in
@for_role(Role.OWNER)
@require_POST
def move(request: HttpRequest, route_id: uuid.UUID) -> HttpResponse:
    """One place up or down among the routes of its project."""
    route = _route(request, route_id)
    places = list(route.project.routes.order_by("position").values_list("pk", flat=True))
    step = 1 if request.POST.get("to") == "down" else -1
    move_route(route, places.index(route.pk) + step)
    return redirect(reverse("dashboard:routes") + Scope.of_request(request).suffix)


@signed_in
@for_role(Role.OWNER)
def remove(request: HttpRequest, route_id: uuid.UUID) -> HttpResponse:
    """Asks on GET, removes it on POST."""
    route = _route(request, route_id)
    if request.method == "POST":
        remove_route(route)
        messages.success(request, f"The route for {route.pattern} was removed.")
        return redirect("dashboard:routes")
    context = {"page": "routes", "route": route}
    return render_page(request, "dashboard/routes/remove.html", Scope.of_request(request), context)


def _providers(project: Project) -> list[Provider]:
    return list(project.providers.order_by("created_at", "name"))


def _route(request: HttpRequest, route_id: uuid.UUID) -> Route:
    """404 where it is another project's, as for one that never was."""
    own = Route.objects.filter(project__in=Scope.of_request(request).projects).select_related("project")
    return get_object_or_404(own, pk=route_id)


def _accepted(form: RouteForm, act: Callable[[], object]) -> bool:
    """Whether it was done; else the form says at which field it was refused."""
    try:
        act()
    except PatternTaken:
        form.add_error("pattern", "The project has a route for this.")
    except PatternRefused as error:
        form.add_error("pattern", f"{error}.")
    except TargetsRefused as error:
        form.add_error("provider_0", f"{error}.")
    return form.is_valid()
