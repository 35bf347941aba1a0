"""Addresses of the page of one request, of its JSON, of groups of its blocks, and of its texts."""

from __future__ import annotations

from django.urls import path

from dashboard.request import views

urlpatterns = [
    path("requests/<uuid:trace_id>", views.request_page, name="request"),
    path("requests/<uuid:trace_id>.json", views.request_json, name="request_json"),
    path("requests/<uuid:trace_id>/blocks", views.request_blocks, name="request_blocks"),
    path("requests/<uuid:trace_id>/texts/delete", views.delete_texts, name="delete_texts"),
    path("requests/<uuid:trace_id>/texts/<slug:part>", views.request_text, name="request_text"),
]
