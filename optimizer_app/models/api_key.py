"""API keys: `tok_...`, shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from typing import Self

from django.db import models
from django.utils import timezone

from optimizer_app.models.config import OptimizationConfig
from optimizer_app.models.project import Project

KEY_PREFIX = "tok_"


def key_hash(secret: str) -> str:
    """SHA-256 of a key. Keys hold 192 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class ApiKey(models.Model):
    """One key of a project. `config` None means the project's default config."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="keys")
    config = models.ForeignKey(OptimizationConfig, on_delete=models.PROTECT, null=True, blank=True)
    name = models.CharField(max_length=100)
    shown_prefix = models.CharField(max_length=12, editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["project", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown_prefix}…)"

    @classmethod
    def issue(
        cls,
        *,
        project: Project,
        name: str,
        secret: str | None = None,
        config: OptimizationConfig | None = None,
        key_id: uuid.UUID | None = None,
    ) -> tuple[Self, str]:
        """A new key and its secret, which is not stored and so can be shown only now."""
        secret = secret or KEY_PREFIX + secrets.token_urlsafe(24)
        row = cls.objects.create(
            id=key_id or uuid.uuid4(),
            project=project,
            name=name,
            config=config,
            shown_prefix=secret[:8],
            hash=key_hash(secret),
        )
        return row, secret

    def revoke(self) -> None:
        """End the key; workers forget it within their key cache's few seconds."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])
