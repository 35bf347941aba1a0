"""Keys of a project. A key's secret is known only to whoever made it, at that moment."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction

from optimizer_app.models import ApiKey, OptimizationConfig, Project
from optimizer_app.projects.errors import ForeignConfig, KeyMadeAlready


def create_key(
    project: Project, name: str, config: OptimizationConfig | None = None, key_id: uuid.UUID | None = None
) -> tuple[ApiKey, str]:
    """The key and its secret. With an id of the caller's choice a repeated call makes no second key."""
    if config is not None and config.project_id != project.pk:
        raise ForeignConfig(config.name)
    try:
        with transaction.atomic():
            return ApiKey.issue(project=project, name=name, config=config, key_id=key_id)
    except IntegrityError as error:
        raise KeyMadeAlready(name) from error


def revoke_key(key: ApiKey) -> bool:
    """End the key within seconds everywhere; False where it had ended already."""
    if key.revoked_at is not None:
        return False
    key.revoke()
    return True
