"""The versions of a config."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Max, QuerySet

from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import ConfigVersion, OptimizationConfig

Author = AbstractBaseUser | AnonymousUser


def versions_of(config: OptimizationConfig) -> QuerySet[ConfigVersion]:
    """The newest first."""
    return ConfigVersion.objects.filter(config=config).select_related("author").order_by("-number")


def next_number(config: OptimizationConfig) -> int:
    """The number of the version that is published next. A version of a share has one, too, for ever."""
    newest: int | None = config.versions.aggregate(newest=Max("number"))["newest"]
    return max(config.version, newest or 0) + 1


def values_at(config: OptimizationConfig, number: int) -> ConfigValues:
    """What the config set in that version. ConfigVersion.DoesNotExist where it never had it."""
    if number == config.version:
        return ConfigValues.of(config)
    return ConfigValues.of(ConfigVersion.objects.get(config=config, number=number))


def record_version(
    config: OptimizationConfig, author: Author | None, note: str = "", copy_of: int | None = None
) -> ConfigVersion:
    """The live version as a row of the history; where it has one, that stays as it is."""
    return record_values(
        config, config.version, ConfigValues(config.preset, config.fields), author, note, copy_of
    )


def record_values(
    config: OptimizationConfig,
    number: int,
    values: ConfigValues,
    author: Author | None,
    note: str = "",
    copy_of: int | None = None,
) -> ConfigVersion:
    """The version of that number, as it is stored where it is."""
    row, _ = ConfigVersion.objects.get_or_create(
        config=config,
        number=number,
        defaults={
            "preset": values.preset,
            "fields": dict(values.fields),
            "author_id": author.pk if author else None,
            "note": note,
            "copy_of": copy_of,
        },
    )
    return row
