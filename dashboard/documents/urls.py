"""Addresses of the documents page and of what can be done there."""

from __future__ import annotations

from django.urls import path

from dashboard.documents import views

urlpatterns = [
    path("documents", views.document_list, name="documents"),
    path("documents/upload", views.upload, name="upload"),
    path("documents/<uuid:document_id>/delete", views.delete, name="delete_document"),
    path("documents/<uuid:document_id>/<slug:action>", views.act, name="document_action"),
]
