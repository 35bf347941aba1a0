"""One's own account: how one signs in, and where one is signed in."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from dashboard.shell.page import for_role, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.access.sessions import end_other_sessions, end_session
from optimizer_app.models import Identity, Role, SecondFactor, UserSession


@signed_in
def account_page(request: HttpRequest) -> HttpResponse:
    user = reader_of(request)
    factor = SecondFactor.objects.of(user)
    context = {
        "page": "account",
        "sessions": UserSession.objects.live(user),
        "session_key": request.session.session_key,
        "factor": factor,
        "oidc_name": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "identities": Identity.objects.filter(user=user).order_by("issuer"),
        "codes_left": factor.recovery_codes.count() if factor else 0,
    }
    return render_page(request, "dashboard/account/account.html", Scope.of_request(request), context)


@signed_in
@for_role(Role.VIEWER)
@require_POST
def revoke_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of one's own sessions."""
    session = get_object_or_404(UserSession, pk=session_id, user=request.user.pk)
    end_session(session)
    messages.success(request, "That session has ended.")
    return redirect("dashboard:account")


@signed_in
@for_role(Role.VIEWER)
@require_POST
def revoke_others(request: HttpRequest) -> HttpResponse:
    """End all of one's own sessions but this one."""
    end_other_sessions(reader_of(request), request.session.session_key)
    messages.success(request, "All other sessions have ended.")
    return redirect("dashboard:account")


def reader_of(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user
