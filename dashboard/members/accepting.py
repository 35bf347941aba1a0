"""The page that an invitation's link leads to, for people with an account or without one."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers

from dashboard.members.forms import ROLES, NewAccountForm
from dashboard.shell.themes import theme_of
from optimizer_app.access.invitations import (
    AccountNameTaken,
    InvitationEnded,
    accept,
    accept_with_new_account,
)
from optimizer_app.models import Invitation, Role


def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Says what one is invited to on GET; accepts on POST, with a new account where nobody is signed in."""
    found = Invitation.objects.with_secret(secret)
    if found is None:
        return render(request, "dashboard/members/ended.html", status=HTTPStatus.GONE)
    form = NewAccountForm(request.POST if request.method == "POST" else None)
    user = request.user if isinstance(request.user, User) else None
    try:
        if request.method == "POST" and (user or form.is_valid()):
            return _accepted(request, found, user, form)
    except AccountNameTaken:
        form.add_error("username", "Another account has this name.")
    except InvitationEnded:
        return render(request, "dashboard/members/ended.html", status=HTTPStatus.GONE)
    context = {
        "invitation": found,
        "may": ROLES[Role(found.role)].partition(": ")[2],
        "form": form,
        "theme": theme_of(request),
    }
    response = render(request, "dashboard/members/accept.html", context)
    add_never_cache_headers(response)
    return response


def _accepted(
    request: HttpRequest, found: Invitation, user: User | None, form: NewAccountForm
) -> HttpResponse:
    if user is not None:
        accept(found, user)
    else:
        given = form.cleaned_data
        made = accept_with_new_account(found, given["username"], given["password"])
        login(request, made, backend="django.contrib.auth.backends.ModelBackend")
    messages.success(request, f"You are in {found.project} now.")
    return redirect("dashboard:project", found.project_id)
