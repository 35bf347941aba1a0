"""Addresses of the playground, and of the answers to both prompts."""

from __future__ import annotations

from django.urls import path

from dashboard.playground import views

urlpatterns = [
    path("playground", views.playground, name="playground"),
    path("playground/ask", views.ask, name="playground_ask"),
]
