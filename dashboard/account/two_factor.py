"""One's own second factor: set up with an app, given new recovery codes, removed."""

from __future__ import annotations

from collections.abc import Callable

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST

from dashboard.account.page import reader_of
from dashboard.account.second_step import CodeForm
from dashboard.shell.page import for_role, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.models import Role, SecondFactor

Act = Callable[[HttpRequest, SecondFactor], HttpResponse]
_WRONG = "This code is wrong, or was used before. Wait for the next one."


@signed_in
@for_role(Role.VIEWER)
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Make a secret for an app; nothing is asked for until a code of it came."""
    if SecondFactor.objects.of(reader_of(request)) is None:
        SecondFactor.begin(reader_of(request))
    return redirect("dashboard:confirm_two_factor")


@signed_in
@for_role(Role.VIEWER)
def confirm(request: HttpRequest) -> HttpResponse:
    """Shows the secret on GET. The answer to a right code is the one page with the recovery codes."""
    factor = get_object_or_404(SecondFactor, user=request.user.pk, confirmed=False)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if factor.confirm(form.cleaned_data["code"]):
            return _with_codes(request, factor)
        form.add_error("code", _WRONG)
    image = segno.make(factor.url, error="m").svg_data_uri(scale=5, border=2, light="#fff", dark="#000")
    words = {"title": "Two-factor sign-in", "label": "Confirm", "submit": "Switch it on"}
    context = {"page": "account", "form": form, "factor": factor, "image": image, **words}
    response = render_page(request, "dashboard/account/confirm.html", Scope.of_request(request), context)
    add_never_cache_headers(response)
    return response


@signed_in
@for_role(Role.VIEWER)
def new_codes(request: HttpRequest) -> HttpResponse:
    """Asks for a code; those that were left end."""
    return _with_right_code(request, "New recovery codes", _with_codes)


@signed_in
@for_role(Role.VIEWER)
def remove(request: HttpRequest) -> HttpResponse:
    """Asks for a code; from then on the password is enough."""
    return _with_right_code(request, "Switch off two-factor sign-in", _removed)


def _with_right_code(request: HttpRequest, title: str, act: Act) -> HttpResponse:
    factor = get_object_or_404(SecondFactor, user=request.user.pk, confirmed=True)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if factor.verify_token(form.cleaned_data["code"]):
            return act(request, factor)
        form.add_error("code", _WRONG)
    context = {"page": "account", "form": form, "title": title}
    return render_page(request, "dashboard/account/with_code.html", Scope.of_request(request), context)


def _with_codes(request: HttpRequest, factor: SecondFactor) -> HttpResponse:
    """In the page alone: no cookie carries them, and no cache keeps them."""
    context = {"page": "account", "codes": factor.new_recovery_codes()}
    response = render_page(request, "dashboard/account/codes.html", Scope.of_request(request), context)
    add_never_cache_headers(response)
    return response


def _removed(request: HttpRequest, factor: SecondFactor) -> HttpResponse:
    factor.delete()
    messages.success(request, "Two-factor sign-in is off: your password is enough.")
    return redirect("dashboard:account")
