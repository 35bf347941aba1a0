"""The address of the rules."""

from __future__ import annotations

from django.urls import path

from dashboard.rules import views

urlpatterns = [path("rules", views.rule_list, name="rules")]
