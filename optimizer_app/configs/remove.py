"""A config that nobody uses can go."""

from __future__ import annotations

from django.db import transaction

from optimizer_app.configs.errors import StillUsed
from optimizer_app.configs.usage import active_keys_of
from optimizer_app.models import ApiKey, OptimizationConfig


@transaction.atomic
def delete_config(config: OptimizationConfig) -> None:
    """Delete it with its versions and drafts. StillUsed where a key that is not revoked uses it."""
    OptimizationConfig.objects.select_for_update().get(pk=config.pk)
    if keys := active_keys_of(config):
        raise StillUsed(keys)
    ApiKey.objects.filter(config=config).update(config=None)
    config.delete()
