"""Template filters for the names of routes."""

from __future__ import annotations

from django import template

from dashboard.traces import routes

register = template.Library()

register.filter("route_label", routes.route_label)
register.filter("route_short", routes.short_route_label)
