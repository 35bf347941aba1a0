"""Publishing: a new version goes live for everybody who uses the config."""

from __future__ import annotations

from django.db import transaction

from optimizer_app.configs.changes import changes
from optimizer_app.configs.check import checked
from optimizer_app.configs.errors import NothingToPublish, PublishedMeanwhile, ShareRunning
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import discard_draft
from optimizer_app.configs.versions.history import Author, next_number, record_version, values_at
from optimizer_app.models import ConfigVersion, OptimizationConfig


@transaction.atomic
def publish(
    config: OptimizationConfig,
    author: Author,
    values: ConfigValues,
    *,
    base_version: int,
    note: str = "",
) -> ConfigVersion:
    """The version that is live from now on, within seconds for all workers. The author's draft is done with.

    PublishedMeanwhile where `base_version` is not the live one any more, NothingToPublish where nothing
    differs from it, FieldsRefused where a value cannot be used, ShareRunning where a share has to end first.
    """
    published = _put_live(config, author, values, base_version=base_version, note=note)
    discard_draft(config, author)
    return published


@transaction.atomic
def publish_unattended(
    config: OptimizationConfig, values: ConfigValues, *, base_version: int, note: str
) -> ConfigVersion:
    """`publish`, where the config lets its tuning do so: nobody is its author, and drafts stay."""
    return _put_live(config, None, values, base_version=base_version, note=note)


@transaction.atomic
def roll_back(
    config: OptimizationConfig, number: int, author: Author, *, base_version: int, note: str = ""
) -> ConfigVersion:
    """Publish a copy of an older version; refused as `publish` is. The author's draft stays as it was."""
    values = values_at(config, number)
    note = note or f"Back to v{number}"
    return _put_live(config, author, values, base_version=base_version, note=note, copy_of=number)


def _put_live(
    config: OptimizationConfig,
    author: Author | None,
    values: ConfigValues,
    *,
    base_version: int,
    note: str,
    copy_of: int | None = None,
) -> ConfigVersion:
    live = locked_for(config, values, base_version)
    live.preset, live.fields, live.version = values.preset, dict(values.fields), next_number(live)
    live.save(update_fields=["preset", "fields", "version", "updated_at"])
    return record_version(live, author, note, copy_of)


def locked_for(config: OptimizationConfig, values: ConfigValues, base_version: int) -> OptimizationConfig:
    """The live row, locked, where these values may follow it; the error that says why where they may not."""
    checked(values.preset, values.fields)
    live = OptimizationConfig.objects.select_for_update().get(pk=config.pk)
    if live.running_share is not None:
        raise ShareRunning(live.running_share)
    replaced = record_version(live, None)
    if live.version != base_version:
        others = changes(values_at(live, base_version), ConfigValues.of(live))
        raise PublishedMeanwhile(replaced, base_version, others)
    if ConfigValues.of(live) == values:
        raise NothingToPublish(f"nothing differs from v{live.version}")
    return live
