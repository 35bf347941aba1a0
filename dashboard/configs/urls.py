"""Addresses of the list of configs and of one config."""

from __future__ import annotations

from django.urls import path

from dashboard.configs import views

urlpatterns = [
    path("configs", views.config_list, name="configs"),
    path("configs/<uuid:config_id>", views.config_page, name="config"),
]
