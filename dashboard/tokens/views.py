"""One's own tokens of the management API: their list, a new one that is shown once, the end of one."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.cache import add_never_cache_headers

from dashboard.shell.page import for_role, render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.tokens.forms import TokenForm
from optimizer_app.models import ApiToken, Role


@signed_in
def token_list(request: HttpRequest) -> HttpResponse:
    context = {"page": "tokens", "tokens": _own(request).prefetch_related("projects")}
    return render_page(request, "dashboard/tokens/list.html", Scope.of_request(request), context)


@signed_in
@for_role(Role.VIEWER)
def new_token(request: HttpRequest) -> HttpResponse:
    """Asks on GET. The answer to the POST is the one page that shows the secret."""
    scope = Scope.of_request(request)
    form = TokenForm(request.POST or None, projects=scope.projects)
    if not form.is_valid():
        return render_page(request, "dashboard/tokens/new.html", scope, {"page": "tokens", "form": form})
    try:
        with transaction.atomic():
            token, secret = _issued(request.user, form)
    except IntegrityError:
        messages.warning(request, "The token was made already, and it is not shown again.")
        return redirect("dashboard:tokens")
    context = {
        "page": "tokens",
        "token": token,
        "secret": secret,
        "api_url": request.build_absolute_uri("/api/"),
    }
    response = render_page(request, "dashboard/tokens/once.html", scope, context)
    add_never_cache_headers(response)
    return response


@signed_in
@for_role(Role.VIEWER)
def revoke(request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
    """Asks on GET, ends the token on POST."""
    token = get_object_or_404(_own(request), pk=token_id, revoked_at=None)
    if request.method == "POST":
        token.revoke()
        messages.success(request, f"{token.name} is revoked.")
        return redirect("dashboard:tokens")
    context = {"page": "tokens", "token": token}
    return render_page(request, "dashboard/tokens/revoke.html", Scope.of_request(request), context)


def _own(request: HttpRequest) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(user=request.user.pk)


def _issued(user: object, form: TokenForm) -> tuple[ApiToken, str]:
    if not isinstance(user, User):
        raise Http404
    given = form.cleaned_data
    return ApiToken.issue(
        user=user,
        name=given["name"],
        scope=given["scope"],
        projects=given["projects"],
        expires_at=form.expires_at,
        token_id=given["id"],
    )
