"""One's own password: changed by whoever knows it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.signals import user_login_failed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.account.page import reader_of
from dashboard.account.slots import TooMany, login_slot
from dashboard.account.throttle import forget, seconds_to_wait
from dashboard.shell.forms import PageForm
from dashboard.shell.page import for_role, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.access.sessions import carry_on, end_other_sessions
from optimizer_app.models import Role


class PasswordForm(PageForm):
    """The password of now, and the new one."""

    current = forms.CharField(
        label="Password of now",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    new = forms.CharField(
        label="New password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters, and none that are easy to guess.",
    )
    again = forms.CharField(
        label="The new one again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data)
        self._user = user

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self._user)
        return new

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "new" in cleaned and "again" in cleaned and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "This is not the same as the new password.")
        return cleaned


@signed_in
@for_role(Role.VIEWER)
def change_password(request: HttpRequest) -> HttpResponse:
    """Asks on GET. On POST all other sessions end, where the password of now is right."""
    user = reader_of(request)
    if not user.has_usable_password():
        raise Http404("this account has no password")
    form = PasswordForm(request.POST if request.method == "POST" else None, user)
    status = HTTPStatus.OK
    if form.is_valid():
        try:
            with login_slot():
                status = _tried(request, user, form)
        except TooMany:
            form.add_error("current", "Too many people sign in right now. Try again in a moment.")
            status = HTTPStatus.TOO_MANY_REQUESTS
        if form.is_valid():
            messages.success(request, "Your password is changed, and all other sessions have ended.")
            return redirect("dashboard:account")
    context = {"page": "account", "form": form, "title": "Change your password"}
    scope = Scope.of_request(request)
    answer = render_page(request, "dashboard/account/password.html", scope, context)
    answer.status_code = status
    return answer


def _tried(request: HttpRequest, user: User, form: PasswordForm) -> HTTPStatus:
    """Change the password, or say in the form why not."""
    account, address = f"password of {user.pk}", request.META.get("REMOTE_ADDR", "")
    if seconds := seconds_to_wait(account, address):
        form.add_error("current", f"Too many tries. Try again in {seconds} s.")
        return HTTPStatus.TOO_MANY_REQUESTS
    if not user.check_password(form.cleaned_data["current"]):
        user_login_failed.send(__name__, credentials={"username": user.get_username()}, request=request)
        form.add_error("current", "This is not your password.")
        return HTTPStatus.OK
    forget(account, address)
    _change(request, user, form.cleaned_data["new"])
    return HTTPStatus.OK


def _change(request: HttpRequest, user: User, new: str) -> None:
    user.set_password(new)
    user.save(update_fields=["password"])
    end_other_sessions(user, request.session.session_key)
    former = request.session.session_key
    update_session_auth_hash(request, user)
    carry_on(former, request.session.session_key)
