"""A conversation with all its turns, and two requests side by side."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.conversation.comparison import compare
from dashboard.conversation.turns import MAX_TURNS, conversation_of
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.traces.filters import RequestFilter
from dashboard.traces.found import trace_or_404
from dashboard.traces.rows import trace_rows
from optimizer_app.clickhouse.stored import stored_traces


@signed_in
def conversation_page(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    turns = stored_traces().visible_to(request.user).of_conversation(conversation_id)
    rows = trace_rows(turns[:MAX_TURNS])
    if not rows:
        raise Http404("no conversation of this id among yours")
    context = {
        "page": "requests",
        "conversation_id": conversation_id,
        "conversation": conversation_of(turns, rows),
        "project": rows[0].trace.project,
    }
    return render_page(request, "dashboard/conversation/page.html", Scope.of_request(request), context)


@signed_in
def comparison_page(request: HttpRequest, first_id: uuid.UUID, second_id: uuid.UUID) -> HttpResponse:
    visible = stored_traces().visible_to(request.user).select_related("project")
    first, second = (trace_or_404(visible, pk) for pk in (first_id, second_id))
    context = {
        "page": "requests",
        "first": first,
        "second": second,
        "sides": (first, second),
        "comparison": compare(first, second),
    }
    return render_page(request, "dashboard/conversation/comparison.html", Scope.of_request(request), context)


@signed_in
def compare_with(request: HttpRequest, first_id: uuid.UUID) -> HttpResponse:
    """To the comparison with the request whose id, or the beginning of it, the form has."""
    visible = stored_traces().visible_to(request.user)
    first = trace_or_404(visible.without_details(), first_id)
    asked = RequestFilter({"q": request.GET.get("with", "")})
    second = asked.applied_to(visible.without_details()).first() if asked.looks_for_id else None
    if second is None:
        messages.error(request, "No request of yours has an id that begins so.")
        return redirect("dashboard:request", first.pk)
    return redirect("dashboard:comparison", first.pk, second.pk)
