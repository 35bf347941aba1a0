"""What prompts can be run through: a config as it is live, in an older version, or one's own draft of it."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import draft_of
from optimizer_app.configs.versions.history import Author, values_at, versions_of
from optimizer_app.models import ConfigVersion, OptimizationConfig, Project

MAX_OLDER_VERSIONS = 10


class UnknownSubject(LookupError):
    """The config has no such version, or the person no draft of it; the message says so."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The values of a config. `version` None: those of a draft."""

    config: OptimizationConfig
    version: int | None
    values: ConfigValues


def version_subject(config: OptimizationConfig, number: int | None = None) -> Subject:
    """The config in a version, or as it is live."""
    version = config.version if number is None else number
    try:
        return Subject(config, version, values_at(config, version))
    except ConfigVersion.DoesNotExist:
        raise UnknownSubject(f"{config} has no v{version}") from None


def draft_subject(config: OptimizationConfig, author: Author) -> Subject:
    """The person's own draft of the config."""
    draft = draft_of(config, author)
    if draft is None:
        raise UnknownSubject(f"you have no draft of {config}")
    return Subject(config, None, ConfigValues.of(draft))


def subject_labels(project: Project, author: Author) -> dict[str, str]:
    """All that a person may choose from, by keys that `subject_named` knows."""
    found: dict[str, str] = {}
    for config in project.configs.order_by("-is_default", "name"):
        found[f"{config.pk}:{config.version}"] = f"{config} v{config.version}, live"
        if draft_of(config, author) is not None:
            found[f"{config.pk}:draft"] = f"{config}, your draft"
        older = versions_of(config).filter(number__lt=config.version)[:MAX_OLDER_VERSIONS]
        found |= {f"{config.pk}:{row.number}": f"{config} v{row.number}" for row in older}
    return found


def subject_named(project: Project, author: Author, key: str) -> Subject:
    """What a key of `subject_labels` stands for."""
    name, _, which = key.partition(":")
    config = next((row for row in project.configs.all() if str(row.pk) == name), None)
    if config is None or not (which == "draft" or which.isdecimal()):
        raise UnknownSubject(f"there is no config {key[:60]!r}")
    return draft_subject(config, author) if which == "draft" else version_subject(config, int(which))
