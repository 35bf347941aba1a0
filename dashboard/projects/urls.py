"""Addresses of the list of projects, of one project, and of its keys."""

from __future__ import annotations

from django.urls import path

from dashboard.projects import change, keys, texts, views

urlpatterns = [
    path("projects", views.project_list, name="projects"),
    path("projects/new", change.new_project, name="new_project"),
    path("projects/<uuid:project_id>", views.project_page, name="project"),
    path("projects/<uuid:project_id>/change", change.change, name="change_project"),
    path("projects/<uuid:project_id>/texts/delete", texts.delete_project_texts, name="delete_project_texts"),
    path("projects/<uuid:project_id>/keys/new", keys.new_key, name="new_key"),
    path("projects/<uuid:project_id>/keys/<uuid:key_id>/revoke", keys.revoke, name="revoke_key"),
]
