"""Addresses of the list of projects, and of one project."""

from __future__ import annotations

from django.urls import path

from dashboard.projects import change, texts, views
from dashboard.projects.keys.urls import urlpatterns as keys

urlpatterns = [
    path("projects", views.project_list, name="projects"),
    path("projects/new", change.new_project, name="new_project"),
    path("projects/<uuid:project_id>", views.project_page, name="project"),
    path("projects/<uuid:project_id>/change", change.change, name="change_project"),
    path("projects/<uuid:project_id>/texts/delete", texts.delete_project_texts, name="delete_project_texts"),
    *keys,
]
