"""Which configs a prompt of a project can be tried under: its own ones by their names, the drafts of whoever
tries, and the presets."""

from __future__ import annotations

from django.db.models import QuerySet

from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.history import Author
from optimizer_app.models import ConfigDraft, OptimizationConfig, Project
from optimizer_app.models.configs.config import OptimizationConfigQuerySet
from token_optimizer.config import PRESETS, OptimizerConfig
from token_optimizer.errors import ConfigError

# No name of a config has a colon.
_DRAFT = "draft:"


def config_labels(project: Project, reader: Author) -> dict[str, str]:
    """The names with what to call them; the empty one stands for what keys without a config get."""
    own = {config.name: config.name for config in _configs(project)}
    names = _drafts(project, reader).values_list("config__name", flat=True)
    drafts = {f"{_DRAFT}{name}": f"{name} (your draft)" for name in names}
    presets = {name: f"{name} (preset)" for name in PRESETS if name not in own}
    return {"": f"Default: {_default_name(project)}", **own, **drafts, **presets}


def config_named(project: Project, name: str, reader: Author) -> OptimizerConfig:
    """The project's config of that name, or the reader's draft of it, else the preset.

    ConfigError says why it cannot be used.
    """
    try:
        if name.startswith(_DRAFT):
            return _draft(project, name.removeprefix(_DRAFT), reader).as_optimizer_config()
        return _config(project, name or _default_name(project)).as_optimizer_config()
    except TypeError as error:
        raise ConfigError(str(error)) from error


def _draft(project: Project, name: str, reader: Author) -> ConfigValues:
    draft = _drafts(project, reader).filter(config__name=name).first()
    if draft is None:
        raise ConfigError(f"you have no draft of {name!r} any more")
    return ConfigValues.of(draft)


def _config(project: Project, name: str) -> OptimizationConfig:
    return _configs(project).filter(name=name).first() or OptimizationConfig(preset=name)


def _configs(project: Project) -> OptimizationConfigQuerySet:
    return OptimizationConfig.objects.filter(project=project)


def _drafts(project: Project, reader: Author) -> QuerySet[ConfigDraft]:
    return ConfigDraft.objects.filter(config__project=project, author=reader.pk).order_by("config__name")


def _default_name(project: Project) -> str:
    default = _configs(project).filter(is_default=True).first()
    return default.name if default else "balanced"
