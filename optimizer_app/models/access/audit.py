"""The audit log: who changed what, and who signed in or failed to. Its rows cannot be changed."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.utils import timezone

from optimizer_app.models.projects.project import Project
from optimizer_app.models.projects.roles import Role


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> AuditEntryQuerySet:
        """All for a superuser; what happened in their projects for owners; for anybody what they did."""
        if getattr(user, "is_superuser", False):
            return self
        owned = Project.objects.visible_to(user).filter(
            memberships__user=user.pk, memberships__role=Role.OWNER
        )
        return self.filter(models.Q(project_id__in=owned.values("pk")) | models.Q(actor_id=user.pk))


class AuditEntry(models.Model):
    """One change, login or refused login. It names rows without referring to them, as it outlives them.

    `changes` has what a field was and is; of secrets and long texts only that they changed.
    """

    class Action(models.TextChoices):
        ADDED = "added", "added"
        CHANGED = "changed", "changed"
        REMOVED = "removed", "removed"
        DID = "did", "did"
        LOGIN = "login", "signed in"
        FAILED_LOGIN = "failed login", "failed to sign in"
        LOGOUT = "logout", "signed out"

    at = models.DateTimeField(default=timezone.now, editable=False)
    project_id: models.UUIDField[uuid.UUID | None, uuid.UUID | None] = models.UUIDField(null=True)
    actor_id: models.IntegerField[int | None, int | None] = models.IntegerField(null=True)
    actor_name = models.CharField(max_length=150, blank=True)
    address = models.CharField(max_length=60, blank=True)
    via = models.CharField(max_length=110, blank=True)
    action = models.CharField(max_length=20, choices=Action.choices)
    kind = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_name = models.CharField(max_length=200, blank=True)
    changes: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["project_id", "-id"], name="audit_of_project_newest_first")]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.get_action_display()} {self.kind} {self.object_name}"
