"""Events: what are receivers told of requests, and does it arrive?"""

from __future__ import annotations

import json
import uuid

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST

from dashboard.events.rows import EventFilter, events_of, page_of, rows_of
from dashboard.shell.page import for_role, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.events.letters import NoReceiver, resend, send_test
from optimizer_app.events.signing import rotate_secret
from optimizer_app.events.state import DestinationState, receiver_host, states_of
from optimizer_app.models import Event, EventDelivery, EventDestination, Role

_NOWHERE = "Its events go nowhere: set where they go on the project's page."


@signed_in
def event_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    asked = EventFilter.of(request.GET)
    context = {
        "page": "events",
        "asked": asked,
        "receivers": _receivers(scope),
        "list": page_of(scope, events_of(scope, asked), request.GET.get("after", "")),
    }
    return render_page(request, "dashboard/events/list.html", scope, context)


@signed_in
def event_page(request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
    """What it says, and how far it is to each receiver."""
    scope = Scope.of_request(request)
    event = _event(scope, event_id)
    context = {
        "page": "events",
        "row": rows_of(scope, [event])[0],
        "has_trace": stored_traces().filter(project=event.project_id, pk=event.trace_id).exists(),
        "deliveries": [(row, receiver_host(row.destination)) for row in event.deliveries.all()],
        "payload": json.dumps(event.payload, indent=2, ensure_ascii=False),
    }
    return render_page(request, "dashboard/events/event.html", scope, context)


@signed_in
@require_POST
def resend_event(request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
    event = _event(Scope.of_request(request), event_id)
    try:
        count = resend(event)
    except NoReceiver:
        messages.error(request, _NOWHERE)
    else:
        messages.success(request, f"It goes once more to {count} receiver{'' if count == 1 else 's'}.")
    return redirect("dashboard:event", event.pk)


@signed_in
@for_role(Role.OWNER)
@require_POST
def test_receiver(request: HttpRequest, destination_id: uuid.UUID) -> HttpResponse:
    """Send an event of type `test`, and lead to it."""
    scope = Scope.of_request(request)
    destination = _destination(scope, destination_id)
    project = destination.project or (scope.projects[0] if scope.projects else None)
    if project is None:
        messages.error(request, "There is no project to send an event of.")
        return redirect("dashboard:events")
    try:
        event = send_test(destination, project)
    except NoReceiver:
        messages.error(request, _NOWHERE)
        return redirect("dashboard:events")
    messages.success(request, "A test event is on its way. Its state stands below.")
    return redirect("dashboard:event", event.pk)


@signed_in
@for_role(Role.OWNER)
def rotate(request: HttpRequest, destination_id: uuid.UUID) -> HttpResponse:
    """Asks on GET. The answer to the POST is the one page that shows the new secret."""
    scope = Scope.of_request(request)
    receiver = states_of([_destination(scope, destination_id)])[0]
    context = {"page": "events", "receiver": receiver, "cancel": reverse("dashboard:events")}
    if request.method != "POST":
        return render_page(request, "dashboard/events/rotate.html", scope, context)
    context["secret"] = rotate_secret(receiver.destination, timezone.now())
    response = render_page(request, "dashboard/events/once.html", scope, context)
    add_never_cache_headers(response)
    return response


def _receivers(scope: Scope) -> list[DestinationState]:
    """Those of the chosen projects, and the instance's for who may see it."""
    found = EventDestination.objects.visible_to(scope.user).select_related("project")
    chosen = found.filter(project__in=scope.project_ids) | found.filter(project=None)
    states = states_of(list(chosen.order_by("project__name")))
    return [state for state in states if state.host or state.waiting or state.set_aside]


def _event(scope: Scope, event_id: uuid.UUID) -> Event:
    """404 where it is another project's, as for one that never was."""
    deliveries = EventDelivery.objects.select_related("destination__project")
    own = Event.objects.filter(project__in=scope.projects)
    return get_object_or_404(own.prefetch_related(Prefetch("deliveries", deliveries)), pk=event_id)


def _destination(scope: Scope, destination_id: uuid.UUID) -> EventDestination:
    found = EventDestination.objects.visible_to(scope.user).select_related("project")
    return get_object_or_404(found, pk=destination_id)
