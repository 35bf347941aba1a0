"""Addresses of a conversation, and of two requests side by side."""

from __future__ import annotations

from django.urls import path

from dashboard.conversation import views

urlpatterns = [
    path("conversations/<uuid:conversation_id>", views.conversation_page, name="conversation"),
    path("requests/<uuid:first_id>/against", views.compare_with, name="compare_with"),
    path("requests/<uuid:first_id>/against/<uuid:second_id>", views.comparison_page, name="comparison"),
]
