"""Who uses a config."""

from __future__ import annotations

from optimizer_app.models import ApiKey, OptimizationConfig


def keys_of(config: OptimizationConfig) -> list[ApiKey]:
    """The keys that use the config, those that name none where it is the default; revoked ones last."""
    keys = ApiKey.objects.filter(project=config.project_id)
    own = keys.filter(config=config)
    found = own | keys.filter(config=None) if config.is_default else own
    return sorted(found, key=lambda key: (key.revoked_at is not None, key.name))


def active_keys_of(config: OptimizationConfig) -> list[ApiKey]:
    """Those of them that are not revoked: a change of the config reaches them within seconds."""
    return [key for key in keys_of(config) if key.revoked_at is None]
