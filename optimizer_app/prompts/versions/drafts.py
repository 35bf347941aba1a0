"""What somebody types of a template before they publish it. Everybody has a draft of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer_app.configs.versions.history import Author
from optimizer_app.models import PromptDraft, PromptTemplate
from optimizer_app.prompts.changes import changed_parts, merged
from optimizer_app.prompts.versions.history import content_at


def draft_of(template: PromptTemplate, author: Author) -> PromptDraft | None:
    """The author's draft, if there is one."""
    return PromptDraft.objects.filter(template=template, author=author.pk).first()


def save_draft(
    template: PromptTemplate, author: Author, content: Mapping[str, Any], *, begun_on: int | None = None
) -> PromptDraft | None:
    """Keep what was typed, usable or not. A draft that changes nothing of the live version is none.

    `begun_on` is the version that the author of a new draft had before them, where it is not the live one.
    """
    known = draft_of(template, author)
    begun = begun_on if begun_on is not None and begun_on < template.version else template.version
    base_version = known.base_version if known else begun
    live = content_at(template, template.version)
    if base_version == template.version and not changed_parts(live, content):
        discard_draft(template, author)
        return None
    saved = {"base_version": base_version, "content": dict(content)}
    draft, _ = PromptDraft.objects.update_or_create(template=template, author_id=author.pk, defaults=saved)
    return draft


def discard_draft(template: PromptTemplate, author: Author) -> None:
    PromptDraft.objects.filter(template=template, author=author.pk).delete()


def rebase_draft(draft: PromptDraft) -> PromptDraft | None:
    """The parts that the draft changes, on top of the live version. None where that has them already."""
    template = draft.template
    base, live = content_at(template, draft.base_version), content_at(template, template.version)
    content = merged(base, draft.content, live)
    draft.base_version = template.version
    draft.save(update_fields=["base_version"])
    return save_draft(template, draft.author, content)
