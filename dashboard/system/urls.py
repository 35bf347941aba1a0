"""Address of the system page."""

from __future__ import annotations

from django.urls import path

from dashboard.system import views

urlpatterns = [path("system", views.system, name="system")]
