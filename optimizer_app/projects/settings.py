"""What can be set of a project."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from optimizer_app.configs.create import make_default
from optimizer_app.limits.values import LIMIT_FIELDS, Limits, set_limits
from optimizer_app.models import OptimizationConfig, Project
from optimizer_app.outgoing import check_outgoing_url
from optimizer_app.projects.errors import ForeignConfig, NameTaken


def change_project(
    project: Project,
    *,
    name: str,
    analytics_url: str,
    default_config: OptimizationConfig | None,
    limits: Limits | None = None,
) -> None:
    """Set all of it or nothing. Requests follow within seconds.

    NameTaken, UnsafeUrl and ForeignConfig say what was refused. Without `default_config` or `limits`
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
            project.save(update_fields=["name", "analytics_url", *LIMIT_FIELDS])
            if default_config is not None and not default_config.is_default:
                make_default(default_config)
    except IntegrityError as error:
        project.refresh_from_db()
        raise NameTaken(name) from error
