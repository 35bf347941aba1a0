"""A new project."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import Project, Role
from optimizer_app.projects.errors import NameTaken

CONFIG_NAME = "balanced"


def create_project(name: str, by: User | None) -> Project:
    """The project with a default config, and whoever made it as its owner. NameTaken where it exists."""
    try:
        with transaction.atomic():
            project = Project.objects.create(name=name)
            create_config(project, CONFIG_NAME, ConfigValues("balanced"), author=by, is_default=True)
            if by is not None:
                project.members.add(by, through_defaults={"role": Role.OWNER})
    except IntegrityError as error:
        raise NameTaken(name) from error
    return project
