"""Publishing: a new version goes live for every request that names the template without a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from optimizer_app.configs.versions.history import Author
from optimizer_app.models import PromptTemplate, PromptVersion
from optimizer_app.prompts.changes import changed_parts
from optimizer_app.prompts.check import checked
from optimizer_app.prompts.errors import NothingToPublish, PublishedMeanwhile
from optimizer_app.prompts.versions.drafts import discard_draft
from optimizer_app.prompts.versions.history import content_at


@transaction.atomic
def publish(
    template: PromptTemplate, author: Author, content: Mapping[str, Any], *, base_version: int, note: str = ""
) -> PromptVersion:
    """The version that is live from now on, within seconds for all workers. The author's draft is done with.

    PublishedMeanwhile where `base_version` is not the live one any more, NothingToPublish where nothing
    differs from it, ContentRefused where the template cannot be used.
    """
    published = _put_live(template, author, content, base_version=base_version, note=note)
    discard_draft(template, author)
    return published


@transaction.atomic
def roll_back(
    template: PromptTemplate, number: int, author: Author, *, base_version: int, note: str = ""
) -> PromptVersion:
    """Publish a copy of an older version; refused as `publish` is. The author's draft stays as it was."""
    content = PromptVersion.objects.get(template=template, number=number).content
    note = note or f"Back to v{number}"
    return _put_live(template, author, content, base_version=base_version, note=note, copy_of=number)


def _put_live(
    template: PromptTemplate,
    author: Author,
    content: Mapping[str, Any],
    *,
    base_version: int,
    note: str,
    copy_of: int | None = None,
) -> PromptVersion:
    usable = checked(content).model_dump(mode="json")
    live = PromptTemplate.objects.select_for_update().get(pk=template.pk)
    replaced = content_at(live, live.version)
    if live.version != base_version:
        newest = PromptVersion.objects.select_related("author").get(template=live, number=live.version)
        others = changed_parts(content_at(live, base_version), replaced)
        raise PublishedMeanwhile(newest, base_version, others)
    if not changed_parts(replaced, usable):
        raise NothingToPublish(f"nothing differs from v{live.version}")
    live.version += 1
    live.save(update_fields=["version", "updated_at"])
    return PromptVersion.objects.create(
        template=live, number=live.version, content=usable, author_id=author.pk, note=note, copy_of=copy_of
    )
