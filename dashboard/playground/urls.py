"""The address of the playground."""

from __future__ import annotations

from django.urls import path

from dashboard.playground import views

urlpatterns = [path("playground", views.playground, name="playground")]
