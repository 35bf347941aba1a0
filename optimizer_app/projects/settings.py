"""What can be set of a project."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from optimizer_app.configs.create import make_default
from optimizer_app.models import OptimizationConfig, Project
from optimizer_app.outgoing import check_outgoing_url
from optimizer_app.projects.errors import ForeignConfig, NameTaken


def change_project(
    project: Project, *, name: str, analytics_url: str, default_config: OptimizationConfig | None
) -> None:
    """Set all of it or nothing. Requests follow within seconds.

    NameTaken, UnsafeUrl and ForeignConfig say what was refused. Without `default_config` it stays as it is.
    """
    if analytics_url and analytics_url != project.analytics_url:
        check_outgoing_url(analytics_url)
    if default_config is not None and default_config.project_id != project.pk:
        raise ForeignConfig(default_config.name)
    try:
        with transaction.atomic():
            project.name, project.analytics_url = name, analytics_url
            project.save(update_fields=["name", "analytics_url"])
            if default_config is not None and not default_config.is_default:
                make_default(default_config)
    except IntegrityError as error:
        project.refresh_from_db()
        raise NameTaken(name) from error
