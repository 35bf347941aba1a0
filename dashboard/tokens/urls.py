"""Addresses of the tokens of the management API."""

from __future__ import annotations

from django.urls import path

from dashboard.tokens import views

urlpatterns = [
    path("tokens", views.token_list, name="tokens"),
    path("tokens/new", views.new_token, name="new_token"),
    path("tokens/<uuid:token_id>/revoke", views.revoke, name="revoke_token"),
]
