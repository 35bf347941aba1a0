"""Template tags that every page uses: icons, ages, short ids."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.numbers import formats
from dashboard.shell.scope import Scope
from optimizer_app.models import Project, Role

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon: what it stands beside, or is labelled with, says what it means."""
    sprite = static("vendor/lucide/sprite.svg")
    return format_html(
        '<svg class="icon" width="16" height="16" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name
    )


@register.simple_tag(takes_context=True)
def may(context: Context, role: str, project: Project) -> bool:
    """Whether the reader has the role in the project: `{% may "editor" config.project as may_edit %}`."""
    scope: Scope = context["scope"]
    return scope.may(Role(role), project)


@register.simple_tag
def age(moment: datetime) -> SafeString:
    """How long ago, with the exact time in the title."""
    local = timezone.localtime(moment)
    return format_html(
        '<time data-ago datetime="{}" title="{}">{}</time>',
        local.isoformat(),
        dateformat.format(local, "j M Y, H:i:s T"),
        formats.ago(moment, timezone.now()),
    )


@register.filter
def short_id(trace_id: object) -> str:
    """The ends of an id, which tell requests of one moment apart: 0192f3a1…4c0e"""
    text = str(trace_id)
    return f"{text[:8]}…{text[-4:]}"
