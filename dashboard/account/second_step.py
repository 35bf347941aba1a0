"""The second step of signing in: a code of the app, or a recovery code."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib.auth import login
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboard.account.throttle import forget, seconds_to_wait
from dashboard.shell.forms import PageForm
from dashboard.shell.themes import theme_of
from optimizer_app.models import SecondFactor

BACKEND = "django.contrib.auth.backends.ModelBackend"
_PENDING = "second_step"
_VALID_SECONDS = 300


class CodeForm(PageForm):
    """Six digits, or a recovery code."""

    code = forms.CharField(
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autofocus": True,
                "spellcheck": "false",
            }
        ),
        help_text="The six digits that your app shows, or one of your recovery codes.",
    )

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        return "".join(code.split())


def ask_for_code(request: HttpRequest, user: AbstractBaseUser, next_url: str) -> HttpResponse:
    """Keep in the session who has shown who they are so far, and ask for the rest."""
    request.session.flush()
    request.session[_PENDING] = {"user": user.pk, "next": next_url, "at": time.time()}
    return redirect("dashboard:login_code")


def code_page(request: HttpRequest) -> HttpResponse:
    """Asks on GET; signs in on POST."""
    pending = request.session.get(_PENDING)
    user = None if pending is None else _user_of(pending)
    factor = SecondFactor.objects.of(user) if user is not None else None
    if pending is None or user is None or factor is None:
        return redirect("dashboard:login")
    form = CodeForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if form.is_valid():
        if seconds := _seconds_to_wait(request, user):
            form.add_error("code", f"Too many tries. Try again in {seconds} s.")
            status = HTTPStatus.TOO_MANY_REQUESTS
        elif factor.verify_token(form.cleaned_data["code"]):
            return _signed_in(request, user, pending["next"])
        else:
            user_login_failed.send(__name__, credentials={"username": user.get_username()}, request=request)
            form.add_error("code", "This code is wrong, or was used before.")
    context = {"form": form, "theme": theme_of(request), "account": user}
    return render(request, "dashboard/account/code.html", context, status=status)


def _user_of(pending: Mapping[str, Any]) -> User | None:
    """Whose password was right a moment ago."""
    if time.time() - pending["at"] > _VALID_SECONDS:
        return None
    return User.objects.filter(pk=pending["user"], is_active=True).first()


def _seconds_to_wait(request: HttpRequest, user: User) -> int:
    return seconds_to_wait(_account(user), request.META.get("REMOTE_ADDR", ""))


def _signed_in(request: HttpRequest, user: User, next_url: str) -> HttpResponse:
    forget(_account(user), request.META.get("REMOTE_ADDR", ""))
    del request.session[_PENDING]
    login(request, user, backend=BACKEND)
    return redirect(next_url)


def _account(user: User) -> str:
    """Codes are counted apart from passwords."""
    return f"code of {user.pk}"
