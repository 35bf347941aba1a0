"""A new template of a project, and one that goes."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from optimizer_app.models import Project, PromptTemplate
from optimizer_app.prompts.errors import ContentRefused


def create_template(project: Project, name: str) -> PromptTemplate:
    """A template without any version. ContentRefused where the name is taken."""
    try:
        with transaction.atomic():
            return PromptTemplate.objects.create(project=project, name=name)
    except IntegrityError as error:
        raise ContentRefused({"name": f"{project.name} has a template {name!r} already"}) from error
