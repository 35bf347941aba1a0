"""A new config of a project."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from optimizer_app.configs.errors import FieldsRefused
from optimizer_app.models import OptimizationConfig, Project


def create_config(project: Project, name: str, preset: str) -> OptimizationConfig:
    """The config, which nobody uses yet. FieldsRefused where the project has one of this name."""
    try:
        with transaction.atomic():
            return OptimizationConfig.objects.create(project=project, name=name, preset=preset)
    except IntegrityError as error:
        raise FieldsRefused({"name": f"{project.name} has a config {name!r} already."}) from error
