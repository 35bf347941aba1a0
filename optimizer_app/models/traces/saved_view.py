"""Filters of the list of requests that somebody saved under a name."""

from __future__ import annotations

import uuid
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q

from optimizer_app.models.projects.project import Project


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """One's own, of all projects together and of those that one may see."""
        return self.filter(Q(project=None) | Q(project__in=Project.objects.visible_to(user)), user=user.pk)


class SavedView(models.Model):
    """One's own name for a set of filters, within a project, or with None over all of them.

    `query` holds the filters as a URL has them, without the project.
    """

    MAX_NAME_CHARS = 60

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="saved_views")
    name = models.CharField(max_length=MAX_NAME_CHARS)
    query = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "project", "name"], name="saved_view_once_a_project", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.name
