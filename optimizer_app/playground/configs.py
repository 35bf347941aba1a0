"""Which configs a prompt of a project can be tried under: its own ones by their names, and the presets."""

from __future__ import annotations

from optimizer_app.models import OptimizationConfig, Project
from optimizer_app.models.config import OptimizationConfigQuerySet
from token_optimizer.config import PRESETS, OptimizerConfig
from token_optimizer.errors import ConfigError


def config_labels(project: Project) -> dict[str, str]:
    """The names with what to call them; the empty one stands for what keys without a config get."""
    own = {config.name: config.name for config in _configs(project)}
    presets = {name: f"{name} (preset)" for name in PRESETS if name not in own}
    return {"": f"Default: {_default_name(project)}", **own, **presets}


def config_named(project: Project, name: str) -> OptimizerConfig:
    """The project's config of that name, else the preset; ConfigError says why it cannot be used."""
    row = _configs(project).filter(name=name or _default_name(project)).first()
    if row is None:
        row = OptimizationConfig(preset=name or _default_name(project))
    try:
        return row.as_optimizer_config()
    except TypeError as error:
        raise ConfigError(str(error)) from error


def _configs(project: Project) -> OptimizationConfigQuerySet:
    return OptimizationConfig.objects.filter(project=project)


def _default_name(project: Project) -> str:
    default = _configs(project).filter(is_default=True).first()
    return default.name if default else "balanced"
