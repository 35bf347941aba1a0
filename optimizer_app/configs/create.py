"""A new config of a project: from a preset, from another config, from a file."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from optimizer_app.configs.check import checked
from optimizer_app.configs.errors import FieldsRefused
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.history import Author, record_version
from optimizer_app.models import OptimizationConfig, Project


def create_config(
    project: Project,
    name: str,
    values: ConfigValues,
    *,
    author: Author | None,
    note: str = "",
    is_default: bool = False,
) -> OptimizationConfig:
    """The config in its first version. FieldsRefused where a value cannot be used, or the name is taken."""
    checked(values.preset, values.fields)
    try:
        with transaction.atomic():
            config = OptimizationConfig.objects.create(
                project=project,
                name=name,
                preset=values.preset,
                fields=dict(values.fields),
                is_default=is_default,
            )
            record_version(config, author, note)
    except IntegrityError as error:
        raise FieldsRefused({"name": f"{project.name} has a config {name!r} already"}) from error
    return config


@transaction.atomic
def make_default(config: OptimizationConfig) -> None:
    """Keys of the project that name no config use this one from now on."""
    OptimizationConfig.objects.filter(project=config.project_id, is_default=True).update(is_default=False)
    config.is_default = True
    config.save(update_fields=["is_default"])
