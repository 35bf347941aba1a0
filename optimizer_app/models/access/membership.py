"""Members of projects, and the invitations by which people become members."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from optimizer_app.models.keys.api_key import key_hash
from optimizer_app.models.projects.roles import Role

if TYPE_CHECKING:
    from optimizer_app.models.projects.project import Project

INVITATION_HOLDS = timedelta(days=7)


class Membership(models.Model):
    """One person in one project."""

    project = models.ForeignKey("optimizer_app.Project", on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER, db_default=Role.VIEWER)

    class Meta:
        db_table = "optimizer_app_project_members"
        ordering = ["user__username"]
        unique_together = [("project", "user")]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> InvitationQuerySet:
        """Those that can still be accepted."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())

    def with_secret(self, secret: str) -> Invitation | None:
        """The open one that the link leads to."""
        return self.open().select_related("project", "made_by").filter(hash=key_hash(secret)).first()


class Invitation(models.Model):
    """A link that makes whoever opens it a member, once. `label` says for whom it was made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("optimizer_app.Project", on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Role.choices)
    label = models.CharField(max_length=100)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.label

    @classmethod
    def issue(
        cls, *, project: Project, role: Role, label: str, made_by: User | None
    ) -> tuple[Invitation, str]:
        """A new one and the secret of its link, which is not stored."""
        secret = secrets.token_urlsafe(24)
        ends = timezone.now() + INVITATION_HOLDS
        row = cls.objects.create(
            project=project, role=role, label=label, made_by=made_by, hash=key_hash(secret), expires_at=ends
        )
        return row, secret
