"""Template tags for icons of the sprite and for names that people read."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.overview.figures import ROUTES

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon: what it stands beside, or is labelled with, says what it means."""
    sprite = static("vendor/lucide/sprite.svg")
    return format_html(
        '<svg class="icon" width="16" height="16" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name
    )


@register.filter
def route_label(route: str) -> str:
    return ROUTES.get(route, route)


@register.filter
def route_short(route: str) -> str:
    """For narrow columns: what came on top of the heuristics, which every optimized request meets."""
    label = route_label(route)
    return label.removeprefix("Heuristics, ").capitalize()
