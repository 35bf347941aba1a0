"""Signing in, and the choice of theme."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from dashboard.account.forms import LoginForm
from dashboard.account.second_step import ask_for_code
from dashboard.shell.themes import THEME_COOKIE, THEMES, theme_of
from optimizer_app.models import SecondFactor

THEME_SECONDS = 365 * 24 * 3600


class Login(LoginView):
    template_name = "dashboard/account/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Somebody with a second factor is asked for it before they are signed in."""
        user = form.get_user()
        if SecondFactor.objects.of(user) is None:
            return super().form_valid(form)
        return ask_for_code(self.request, user, self.get_success_url())

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_invalid(form)
        if isinstance(form, LoginForm) and form.is_too_soon:
            answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return answer

    def get_default_redirect_url(self) -> str:
        return reverse("dashboard:overview")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        name = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        return super().get_context_data(theme=theme_of(self.request), oidc_name=name, **kwargs)


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme in a cookie, so that the next page is born in it, and go back."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("dashboard:overview")
    response = redirect(back)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=THEME_SECONDS, samesite="Lax")
    return response
