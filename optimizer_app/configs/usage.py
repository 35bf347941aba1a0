"""Who uses a config, and whether by it requests use the documents."""

from __future__ import annotations

from optimizer_app.models import ApiKey, OptimizationConfig
from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.retrieval.lookup import top_k_of


def keys_of(config: OptimizationConfig) -> list[ApiKey]:
    """The keys that use the config, those that name none where it is the default; revoked ones last."""
    keys = ApiKey.objects.filter(project=config.project_id)
    own = keys.filter(config=config)
    found = own | keys.filter(config=None) if config.is_default else own
    return sorted(found, key=lambda key: (key.revoked_at is not None, key.name))


def active_keys_of(config: OptimizationConfig) -> list[ApiKey]:
    """Those of them that are not revoked: a change of the config reaches them within seconds."""
    return [key for key in keys_of(config) if key.revoked_at is None]


def retrieves(config: OptimizationConfig) -> bool:
    """Whether its requests get passages of stored documents."""
    try:
        read = config.as_optimizer_config()
    except (ConfigError, TypeError):
        return False
    return read.enable_semantic_retrieval and top_k_of(read) >= 1
