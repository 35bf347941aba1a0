"""Published versions, as requests name them: `support-answer`, or `support-answer@3` for one that stays."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Self

from optimizer_app.models import PromptTemplate, PromptVersion
from optimizer_app.prompts.template import Template

_REFERENCE = re.compile(r"([-a-zA-Z0-9_]{1,60})(?:@([1-9][0-9]{0,8}))?")


@dataclass(frozen=True, slots=True)
class PromptReference:
    """A name, and a version; None means the live one."""

    name: str
    version: int | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """ValueError where the text is none."""
        found = _REFERENCE.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text[:80]!r} is no name of a prompt template: write name, or name@version")
        return cls(found[1], int(found[2]) if found[2] else None)


@dataclass(frozen=True, slots=True)
class PublishedPrompt:
    """One version of a template, ready to be rendered."""

    name: str
    version: int
    template: Template


def published_prompt(project_id: uuid.UUID, asked: PromptReference) -> PublishedPrompt | None:
    """The version that is asked for; None where the project has none like that."""
    template = PromptTemplate.objects.filter(project=project_id, name=asked.name).first()
    if template is None:
        return None
    number = asked.version or template.version
    row = PromptVersion.objects.filter(template=template, number=number).first()
    return PublishedPrompt(template.name, row.number, Template.model_validate(row.content)) if row else None
