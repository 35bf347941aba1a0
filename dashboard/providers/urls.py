"""Addresses of the list of providers, of a new one, and of what can be done with one."""

from __future__ import annotations

from django.urls import path

from dashboard.providers import views

urlpatterns = [
    path("providers", views.provider_list, name="providers"),
    path("providers/new", views.new_provider, name="new_provider"),
    path("providers/<uuid:provider_id>", views.provider_page, name="provider"),
    path("providers/<uuid:provider_id>/test", views.test, name="test_provider"),
    path("providers/<uuid:provider_id>/remove", views.remove, name="remove_provider"),
]
