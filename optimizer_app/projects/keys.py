"""Keys of a project. A key's secret is known only to whoever made or rotated it, at that moment."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from optimizer_app.limits.path_lines import path_lines
from optimizer_app.limits.values import LIMIT_FIELDS, NO_LIMITS, Limits, set_limits
from optimizer_app.models import ApiKey, OptimizationConfig, Project
from optimizer_app.models.keys.api_key import all_scopes
from optimizer_app.projects.errors import ForeignConfig, KeyHasEnded, KeyMadeAlready


@dataclass(frozen=True, slots=True)
class KeyValues:
    """What people set of a key. `config` None: the project's default. `relay_paths` empty: all of them."""

    name: str
    config: OptimizationConfig | None = None
    scopes: list[str] = field(default_factory=all_scopes)
    relay_paths: list[str] = field(default_factory=list)
    expires_at: datetime | None = None
    limits: Limits = NO_LIMITS


def create_key(project: Project, values: KeyValues, key_id: uuid.UUID | None = None) -> tuple[ApiKey, str]:
    """The key and its secret. With an id of the caller's choice a repeated call makes no second key."""
    _check_config(project, values)
    try:
        with transaction.atomic():
            return ApiKey.issue(
                project=project,
                key_id=key_id,
                name=values.name,
                config=values.config,
                scopes=values.scopes,
                relay_paths=path_lines(values.relay_paths),
                expires_at=values.expires_at,
                bounds=asdict(values.limits),
            )
    except IntegrityError as error:
        raise KeyMadeAlready(values.name) from error


def change_key(key: ApiKey, values: KeyValues) -> None:
    """Set all of it. Requests follow within seconds."""
    _check_config(key.project, values)
    key.name, key.config, key.scopes = values.name, values.config, values.scopes
    key.relay_paths, key.expires_at = path_lines(values.relay_paths), values.expires_at
    set_limits(key, values.limits)
    key.save(update_fields=["name", "config", "scopes", "relay_paths", "expires_at", *LIMIT_FIELDS])


def rotate_key(key: ApiKey, grace: timedelta) -> str:
    """The key's new secret; the old one works on for the grace period. KeyHasEnded for one that has."""
    if key.has_ended:
        raise KeyHasEnded(key.name)
    return key.rotate(grace)


def revoke_key(key: ApiKey) -> bool:
    """End the key within seconds everywhere; False where it had ended already."""
    if key.revoked_at is not None:
        return False
    key.revoke()
    return True


def _check_config(project: Project, values: KeyValues) -> None:
    if values.config is not None and values.config.project_id != project.pk:
        raise ForeignConfig(values.config.name)
