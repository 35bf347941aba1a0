"""Named prompt templates of a project."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from optimizer_app.models.projects.project import Project


class PromptTemplateQuerySet(models.QuerySet["PromptTemplate"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Templates of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))


class PromptTemplate(models.Model):
    """A prompt with variables. `version` is the live one; 0 as long as none was published."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="prompt_templates")
    name = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PromptTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["project", "name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="prompt_template_name_once_a_project"),
        ]

    def __str__(self) -> str:
        return self.name


class PromptVersion(models.Model):
    """A template as it was published: by whom, when, why. `copy_of`: the version that was rolled back to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.ForeignKey(PromptTemplate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content: models.JSONField[dict[str, Any]] = models.JSONField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    note = models.CharField(max_length=500, blank=True)
    copy_of = models.PositiveIntegerField(null=True)
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["template", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "number"], name="version_number_once_a_prompt_template"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} v{self.number}"


class PromptDraft(models.Model):
    """What one person has typed and not published, usable or not; `base_version` is what they began on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.ForeignKey(PromptTemplate, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    base_version = models.PositiveIntegerField()
    content: models.JSONField[dict[str, Any]] = models.JSONField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["template", "author"], name="one_draft_a_prompt_template_and_author"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template}, draft of {self.author}"
