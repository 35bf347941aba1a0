"""Signing in by a provider of OpenID Connect, and connecting one's account with one there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from joserfc.errors import JoseError

from dashboard.account.second_step import BACKEND, ask_for_code
from dashboard.shell.page import for_role, signed_in
from optimizer_app.access.single_sign_on import ConnectedElsewhere, UnknownIdentity, connect, user_of
from optimizer_app.models import Identity, Role, SecondFactor

log = structlog.get_logger(__name__)
_NEXT = "oidc_next"
_TIMEOUT_SECONDS = 10
_UNKNOWN = (
    "Nobody here is connected with that account. Sign in with your password, and connect it on the page "
    "of your account."
)
_FAILURES = (AuthlibBaseError, JoseError, requests.RequestException, ValueError, KeyError)


def begin(request: HttpRequest) -> HttpResponse:
    """Send the reader to the provider, which sends them back.

    By a link: browsers hold a form to `form-action` of the page's policy through redirects, too.
    """
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    request.session[_NEXT] = wanted if is_ours else reverse("dashboard:overview")
    try:
        answer: HttpResponse = _provider().authorize_redirect(request, _callback_url(request))
    except _FAILURES as error:
        return _refused(request, "The provider does not answer. Try again later.", error)
    return answer


def callback(request: HttpRequest) -> HttpResponse:
    """The reader is back. Authlib checks state, nonce, signature, issuer, audience and time of the answer."""
    try:
        claims = _provider().authorize_access_token(request)["userinfo"]
    except _FAILURES as error:
        return _refused(request, "The provider's answer could not be used. Try again.", error)
    if isinstance(request.user, User):
        return _connected(request, request.user, claims)
    try:
        user = user_of(claims, makes_accounts=settings.OIDC_NEW_ACCOUNTS)
    except UnknownIdentity as error:
        return _refused(request, _UNKNOWN, error)
    return _signed_in(request, user)


@signed_in
@for_role(Role.VIEWER)
@require_POST
def disconnect(request: HttpRequest, identity_id: int) -> HttpResponse:
    """From then on that account signs nobody in."""
    get_object_or_404(Identity, pk=identity_id, user=request.user.pk).delete()
    messages.success(request, "That account is no longer connected.")
    return redirect("dashboard:account")


def _provider() -> Any:
    if not settings.OIDC_ISSUER:
        raise Http404("single sign-on is not switched on")
    oauth = OAuth()
    return oauth.register(
        "oidc",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        server_metadata_url=f"{settings.OIDC_ISSUER}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": _TIMEOUT_SECONDS,
        },
    )


def _callback_url(request: HttpRequest) -> str:
    path = reverse("dashboard:oidc_callback")
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


def _signed_in(request: HttpRequest, user: User) -> HttpResponse:
    next_url = request.session.pop(_NEXT, reverse("dashboard:overview"))
    if not user.is_active:
        return _refused(request, "This account is switched off.", None)
    if SecondFactor.objects.of(user) is not None:
        return ask_for_code(request, user, next_url)
    login(request, user, backend=BACKEND)
    return redirect(next_url)


def _connected(request: HttpRequest, user: User, claims: Mapping[str, Any]) -> HttpResponse:
    try:
        connect(user, claims)
    except ConnectedElsewhere:
        messages.error(request, "Somebody else is connected with that account.")
    else:
        messages.success(request, f"You can sign in by {settings.OIDC_NAME} now.")
    return redirect("dashboard:account")


def _refused(request: HttpRequest, why: str, error: Exception | None) -> HttpResponse:
    log.warning("single_sign_on_refused", error=type(error).__name__)
    messages.error(request, why)
    return redirect("dashboard:account" if request.user.is_authenticated else "dashboard:login")
