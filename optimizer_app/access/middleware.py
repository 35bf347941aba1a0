"""Says who is at work while a request is answered, and records what it did that no row's entry tells."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from optimizer_app.access.acting import Actor, acting
from optimizer_app.access.recording import record
from optimizer_app.access.sessions import note_use
from optimizer_app.models import AuditEntry, Project, Role
from optimizer_app.models.projects.roles import needed_role


class Acting:
    """For requests of people: pages, the management API and the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(request) as actor:
            response = self._get_response(request)
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return response
            note_use(request)
            if not actor.entries and _changed_something(request, response):
                _record_deed(actor, request)
        return response


def _changed_something(request: HttpRequest, response: HttpResponse) -> bool:
    """A request that needed more than to look, and was not refused.

    A page that shows its form again answers 200, and leads elsewhere once it has done its work.
    """
    if request.method in ("GET", "HEAD", "OPTIONS") or not request.user.is_authenticated:
        return False
    is_page = not request.path.startswith("/api/")
    done = 300 <= response.status_code < 400 if is_page else response.status_code < 400
    return done and needed_role(request.user) != Role.VIEWER


def _record_deed(actor: Actor, request: HttpRequest) -> None:
    match = request.resolver_match
    arguments = match.kwargs if match else {}
    name = (match.url_name if match else "") or ""
    target = next((value for key, value in arguments.items() if key == "pk" or key.endswith("_id")), "")
    record(
        actor,
        AuditEntry.Action.DID,
        kind=name.replace("_", " ").replace("-", " ")[:60],
        row_id=target,
        project_id=_project_id(request, arguments),
    )


def _project_id(request: HttpRequest, arguments: dict[str, Any]) -> Any:
    """The project that the address or the form names."""
    if "project_id" in arguments:
        return arguments["project_id"]
    named = request.GET.get("project") or request.POST.get("project") or ""
    found = Project.objects.visible_to(request.user).filter(name=named).first()
    return found.pk if found else None
