"""What somebody changes in a config before they publish it. Everybody has a draft of their own."""

from __future__ import annotations

from optimizer_app.configs.changes import merged
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.history import Author, values_at, versions_of
from optimizer_app.models import ConfigDraft, OptimizationConfig


def draft_of(config: OptimizationConfig, author: Author) -> ConfigDraft | None:
    """The author's draft, if there is one."""
    return ConfigDraft.objects.filter(config=config, author=author.pk).first()


def save_draft(
    config: OptimizationConfig, author: Author, values: ConfigValues, *, begun_on: int | None = None
) -> ConfigDraft | None:
    """Keep the checked values. A draft that changes nothing of the live version is none.

    `begun_on` is the version that the author of a new draft had before them, where it is not the live one.
    """
    known = draft_of(config, author)
    begun = begun_on if begun_on is not None and versions_of(config).filter(number=begun_on) else None
    base_version = known.base_version if known else begun or config.version
    if base_version == config.version and ConfigValues.of(config) == values:
        discard_draft(config, author)
        return None
    saved = {"base_version": base_version, "preset": values.preset, "fields": dict(values.fields)}
    draft, _ = ConfigDraft.objects.update_or_create(config=config, author_id=author.pk, defaults=saved)
    return draft


def discard_draft(config: OptimizationConfig, author: Author) -> None:
    ConfigDraft.objects.filter(config=config, author=author.pk).delete()


def rebase_draft(draft: ConfigDraft) -> ConfigDraft | None:
    """The draft's own changes on top of the live version. None where that has all of them already."""
    config = draft.config
    base = values_at(config, draft.base_version)
    values = merged(base, ConfigValues.of(draft), ConfigValues.of(config))
    draft.base_version = config.version
    draft.save(update_fields=["base_version"])
    return save_draft(config, draft.author, values)
