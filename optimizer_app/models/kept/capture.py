"""What requests said, encrypted, where their config keeps it."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.utils import timezone

from optimizer_app.models.projects.project import Project


class CaptureQuerySet(models.QuerySet["Capture"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Captures of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def readable(self) -> Self:
        """Those whose texts are there, and may still be read."""
        return self.filter(size_bytes__gt=0, expires_at__gt=timezone.now())

    def without_texts(self) -> Self:
        """For lists: leaves the encrypted texts in the database."""
        return self.defer("sealed")


class Capture(models.Model):
    """The texts of one request until `expires_at`; `id` is that of its trace.

    Without texts `size_bytes` is 0: `reason` says why none were kept, or `deleted_at` and `deleted_by` who
    had them deleted.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="captures", db_index=False)
    expires_at = models.DateTimeField(db_index=True)
    sealed = models.TextField(blank=True, editable=False)
    size_bytes = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=100, blank=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)

    objects = CaptureQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["project", "-id"], name="capture_newest_first")]

    def __str__(self) -> str:
        return str(self.id)
