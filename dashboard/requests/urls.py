"""Addresses of the list of requests, of its CSV, and of the count of new ones."""

from __future__ import annotations

from django.urls import path

from dashboard.requests import views

urlpatterns = [
    path("requests", views.request_list, name="requests"),
    path("requests.csv", views.requests_csv, name="requests_csv"),
    path("requests/new", views.new_requests, name="new_requests"),
]
