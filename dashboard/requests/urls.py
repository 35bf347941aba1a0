"""Addresses of the list of requests, of its CSV, of the count of new ones, and of saved views."""

from __future__ import annotations

from django.urls import path

from dashboard.requests import saved, views

urlpatterns = [
    path("requests", views.request_list, name="requests"),
    path("requests.csv", views.requests_csv, name="requests_csv"),
    path("requests/new", views.new_requests, name="new_requests"),
    path("requests/views", saved.save, name="save_view"),
    path("requests/views/<uuid:view_id>", saved.change, name="change_view"),
]
