"""Addresses of the audit log."""

from __future__ import annotations

from django.urls import path

from dashboard.audit import views

urlpatterns = [
    path("audit", views.audit_page, name="audit"),
    path("audit.csv", views.audit_csv, name="audit_csv"),
]
