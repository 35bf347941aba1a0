"""Addresses of the keys of a project."""

from __future__ import annotations

from django.urls import path

from dashboard.projects.keys import views

_KEY = "projects/<uuid:project_id>/keys/<uuid:key_id>"

urlpatterns = [
    path("projects/<uuid:project_id>/keys/new", views.new_key, name="new_key"),
    path(_KEY, views.key_page, name="key"),
    path(f"{_KEY}/rotate", views.rotate, name="rotate_key"),
    path(f"{_KEY}/revoke", views.revoke, name="revoke_key"),
]
