"""The configs that a caller's requests may use, read and ready."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from optimizer_app.models import ConfigShare, OptimizationConfig
from token_optimizer.config import PRESETS, OptimizerConfig
from token_optimizer.errors import ConfigError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NamedConfig:
    """A config of the project; `problem` says why a stored one cannot be used."""

    name: str
    version: int | None
    config: OptimizerConfig
    problem: str = ""
    share: SharedVersion | None = None


@dataclass(frozen=True, slots=True)
class SharedVersion:
    """The version that some keys or conversations meet, and how these are chosen."""

    version: NamedConfig
    seed: str
    percent: int
    by_conversation: bool


def stored_config(row: OptimizationConfig) -> NamedConfig:
    """A stored config. One that no longer reads stands in as `safe`, so that requests are still served."""
    share = _shared(row, row.running_share) if row.running_share else None
    try:
        return NamedConfig(row.name, row.version, row.as_optimizer_config(), share=share)
    except (ConfigError, TypeError) as error:
        log.error("config_unusable", config_id=str(row.id), error=str(error))
        safe = OptimizerConfig.preset("safe")
        return NamedConfig(row.name, row.version, safe, problem=str(error), share=share)


def preset_config(name: str) -> NamedConfig | None:
    """A preset as a project's config that differs in nothing would be."""
    if name not in PRESETS:
        return None
    return NamedConfig(name, None, OptimizationConfig(preset=name).as_optimizer_config())


def _shared(row: OptimizationConfig, share: ConfigShare) -> SharedVersion | None:
    """The share's version; None where it no longer reads: then all meet the live one."""
    version = share.version
    try:
        config = OptimizationConfig(preset=version.preset, fields=version.fields).as_optimizer_config()
    except (ConfigError, TypeError) as error:
        log.error("shared_version_unusable", config_id=str(row.id), error=str(error))
        return None
    named = NamedConfig(row.name, version.number, config)
    return SharedVersion(named, share.seed, share.percent, share.by == ConfigShare.By.CONVERSATIONS)
