"""What can be set of a project."""

from __future__ import annotations

from typing import NamedTuple

from django.db import IntegrityError, transaction

from optimizer_app.configs.create import make_default
from optimizer_app.limits.values import LIMIT_FIELDS, Limits, set_limits
from optimizer_app.models import OptimizationConfig, Project
from optimizer_app.outgoing import check_outgoing_url
from optimizer_app.projects.errors import ForeignConfig, NameTaken


class DrainSettings(NamedTuple):
    """How far streams are read on after their clients left; 0 seconds: they are closed at once."""

    drain_seconds: int
    drain_tokens: int


def change_project(
    project: Project,
    *,
    name: str,
    analytics_url: str,
    default_config: OptimizationConfig | None,
    limits: Limits | None = None,
    drain: DrainSettings | None = None,
) -> None:
    """Set all of it or nothing. Requests follow within seconds.

    NameTaken, UnsafeUrl and ForeignConfig say what was refused. Without `default_config`, `limits` or `drain`
    these stay as they are.
    """
    if analytics_url and analytics_url != project.analytics_url:
        check_outgoing_url(analytics_url)
    if default_config is not None and default_config.project_id != project.pk:
        raise ForeignConfig(default_config.name)
    try:
        with transaction.atomic():
            project.name, project.analytics_url = name, analytics_url
            if limits is not None:
                set_limits(project, limits)
            if drain is not None:
                project.drain_seconds, project.drain_tokens = drain.drain_seconds, drain.drain_tokens
            project.save(update_fields=["name", "analytics_url", *LIMIT_FIELDS, *DrainSettings._fields])
            if default_config is not None and not default_config.is_default:
                make_default(default_config)
    except IntegrityError as error:
        project.refresh_from_db()
        raise NameTaken(name) from error
