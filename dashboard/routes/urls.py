"""Addresses of the list of routes, of a new one, and of what can be done with one."""

from __future__ import annotations

from django.urls import path

from dashboard.routes import views

urlpatterns = [
    path("routes", views.route_list, name="routes"),
    path("routes/new", views.new_route, name="new_route"),
    path("routes/<uuid:route_id>", views.route_page, name="route"),
    path("routes/<uuid:route_id>/move", views.move, name="move_route"),
    path("routes/<uuid:route_id>/remove", views.remove, name="remove_route"),
]
