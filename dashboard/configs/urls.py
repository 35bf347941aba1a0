"""Addresses of the list of configs, of a new one and of one config."""

from __future__ import annotations

from django.urls import path

from dashboard.configs import new, views

urlpatterns = [
    path("configs", views.config_list, name="configs"),
    path("configs/new", new.new_config, name="new_config"),
    path("configs/<uuid:config_id>", views.config_page, name="config"),
]
