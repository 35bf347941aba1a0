"""Addresses of the overview and of its figures as CSV."""

from __future__ import annotations

from django.urls import path

from dashboard.overview import views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("overview.csv", views.overview_csv, name="overview_csv"),
]
