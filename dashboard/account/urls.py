"""Addresses of signing in and out, of one's own account, and of the choice of theme."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard.account import page, password, second_step, single_sign_on, two_factor, views

urlpatterns = [
    path("login", views.Login.as_view(), name="login"),
    path("login/code", second_step.code_page, name="login_code"),
    path("login/oidc", single_sign_on.begin, name="oidc"),
    path("login/oidc/callback", single_sign_on.callback, name="oidc_callback"),
    path("account/identities/<int:identity_id>/remove", single_sign_on.disconnect, name="disconnect"),
    path("account", page.account_page, name="account"),
    path("account/password", password.change_password, name="change_password"),
    path("account/sessions/others/revoke", page.revoke_others, name="revoke_other_sessions"),
    path("account/sessions/<int:session_id>/revoke", page.revoke_session, name="revoke_session"),
    path("account/two-factor/begin", two_factor.begin, name="begin_two_factor"),
    path("account/two-factor/confirm", two_factor.confirm, name="confirm_two_factor"),
    path("account/two-factor/codes", two_factor.new_codes, name="new_recovery_codes"),
    path("account/two-factor/remove", two_factor.remove, name="remove_two_factor"),
    path("logout", LogoutView.as_view(next_page="dashboard:login"), name="logout"),
    path("theme", views.choose_theme, name="theme"),
]
