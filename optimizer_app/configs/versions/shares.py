"""Publishing to a share of keys or conversations, and the end of it: for all, or for nobody."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from optimizer_app.configs.changes import changes
from optimizer_app.configs.errors import FieldsRefused, NoShare, PublishedMeanwhile
from optimizer_app.configs.usage import active_keys_of
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import discard_draft
from optimizer_app.configs.versions.history import (
    Author,
    next_number,
    record_values,
    record_version,
    values_at,
)
from optimizer_app.configs.versions.membership import least_percent, member_keys
from optimizer_app.configs.versions.publish import locked_for
from optimizer_app.models import ConfigShare, ConfigVersion, OptimizationConfig
from optimizer_app.models.configs.config_history import share_seed

MAX_PERCENT = 99


def shares_of(config: OptimizationConfig) -> QuerySet[ConfigShare]:
    """All that ever ran, the newest first: who started and who ended each, and how."""
    return config.shares.select_related("version", "started_by", "ended_by")


@transaction.atomic
def publish_to_share(
    config: OptimizationConfig,
    author: Author,
    values: ConfigValues,
    *,
    by: str,
    percent: int,
    base_version: int,
    note: str = "",
) -> ConfigShare:
    """The share that meets the values from now on, within seconds for all workers; the rest stays as it is.

    Refused as `publish` is; FieldsRefused also where no key that uses the config would be in the share.
    """
    live = locked_for(config, values, base_version)
    number = next_number(live)
    _check_size(live, number, by, percent)
    version = record_values(live, number, values, author, note)
    live.running_share = ConfigShare.objects.create(
        config=live,
        version=version,
        base_version=live.version,
        by=by,
        percent=percent,
        started_by_id=author.pk,
    )
    live.save(update_fields=["running_share"])
    discard_draft(config, author)
    return live.running_share


@transaction.atomic
def publish_to_all(config: OptimizationConfig, author: Author) -> ConfigVersion:
    """The version of the share, live for everybody. PublishedMeanwhile where the admin changed the config."""
    live = _locked(config)
    share = _running(live)
    if live.version != share.base_version:
        others = changes(values_at(live, share.base_version), ConfigValues.of(live))
        raise PublishedMeanwhile(record_version(live, None), share.base_version, others)
    version = share.version
    live.preset, live.fields, live.version = version.preset, version.fields, version.number
    live.save(update_fields=["preset", "fields", "version", "updated_at"])
    _end(live, share, author, ConfigShare.Outcome.PUBLISHED)
    return version


@transaction.atomic
def roll_back_share(config: OptimizationConfig, author: Author) -> ConfigShare:
    """All keys and conversations meet the live version again."""
    live = _locked(config)
    share = _running(live)
    _end(live, share, author, ConfigShare.Outcome.ROLLED_BACK)
    return share


def _locked(config: OptimizationConfig) -> OptimizationConfig:
    return OptimizationConfig.objects.select_for_update().get(pk=config.pk)


def _running(live: OptimizationConfig) -> ConfigShare:
    if live.running_share is None:
        raise NoShare(f"no version of {live} runs on a share")
    return live.running_share


def _end(live: OptimizationConfig, share: ConfigShare, author: Author, outcome: ConfigShare.Outcome) -> None:
    share.ended_by_id, share.ended_at, share.outcome = author.pk, timezone.now(), outcome
    share.save(update_fields=["ended_by", "ended_at", "outcome"])
    live.running_share = None
    live.save(update_fields=["running_share"])


def _check_size(config: OptimizationConfig, number: int, by: str, percent: int) -> None:
    if by not in ConfigShare.By:
        raise FieldsRefused({"by": f"must be one of {', '.join(ConfigShare.By.values)}"})
    if not 1 <= percent <= MAX_PERCENT:
        raise FieldsRefused({"percent": f"must be from 1 to {MAX_PERCENT}"})
    keys, seed = active_keys_of(config), share_seed(config.pk, number)
    if by == ConfigShare.By.KEYS and keys and not member_keys(seed, percent, keys):
        least = least_percent(seed, keys)
        raise FieldsRefused({"percent": f"takes none of the {len(keys)} keys; from {least} on it takes one"})
