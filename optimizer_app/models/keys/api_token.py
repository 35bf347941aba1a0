"""Tokens of the management API: `mgt_...`, shown once, stored as a hash."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from optimizer_app.models.keys.api_key import key_hash
from optimizer_app.models.projects.project import Project, ProjectQuerySet

TOKEN_PREFIX = "mgt_"  # noqa: S105


def bearer_of(header: str) -> str:
    """The secret in an Authorization header; empty where it has none."""
    scheme, _, secret = header.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, secret: str) -> ApiToken | None:
        """The token with this secret, unless it has expired, was revoked, or its user is no longer active."""
        now = timezone.now()
        in_time = models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        found = self.filter(in_time, hash=key_hash(secret), revoked_at=None, user__is_active=True)
        return found.select_related("user").first()


class ApiToken(models.Model):
    """Acts for one person: in the projects that it names, or in all that this person may see.

    `expires_at` None: it does not expire.
    """

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and change"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    projects = models.ManyToManyField(Project, blank=True, related_name="api_tokens")
    is_bounded = models.BooleanField(default=False, editable=False)
    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.READ)
    shown_prefix = models.CharField(max_length=12, editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown_prefix}…)"

    @classmethod
    def issue(
        cls,
        *,
        user: User,
        name: str,
        scope: str = Scope.READ,
        projects: Iterable[Project] = (),
        expires_at: datetime | None = None,
        token_id: uuid.UUID | None = None,
    ) -> tuple[Self, str]:
        """A new token and its secret, which is not stored and so can be shown only now."""
        secret = TOKEN_PREFIX + secrets.token_urlsafe(24)
        bounds = list(projects)
        row = cls.objects.create(
            id=token_id or uuid.uuid4(),
            user=user,
            name=name,
            scope=scope,
            is_bounded=bool(bounds),
            expires_at=expires_at,
            shown_prefix=secret[:8],
            hash=key_hash(secret),
        )
        row.projects.set(bounds)
        return row, secret

    @property
    def may_write(self) -> bool:
        return self.scope == self.Scope.WRITE

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def visible_projects(self) -> ProjectQuerySet:
        """What the person may see and the token allows. A token whose projects are all gone sees nothing."""
        seen = Project.objects.visible_to(self.user)
        return seen.filter(pk__in=self.projects.values("pk")) if self.is_bounded else seen

    def revoke(self) -> None:
        """End the token at once."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])
