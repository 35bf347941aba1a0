"""API keys: `tok_...`, shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from optimizer_app.models.configs.config import OptimizationConfig
from optimizer_app.models.projects.limits import Limited
from optimizer_app.models.projects.project import Project

KEY_PREFIX = "tok_"


def key_hash(secret: str) -> str:
    """SHA-256 of a key. Keys hold 192 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _new_secret() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(24)


class KeyScope(models.TextChoices):
    """What a key may be used for. What a request cost, and which models there are, is told to every key."""

    COMPLETIONS = "completions", "Completions"
    OPTIMIZE = "optimize", "Optimize"
    INGEST = "ingest", "Documents"
    PASSTHROUGH = "passthrough", "Passthrough"


def all_scopes() -> list[str]:
    return list(KeyScope.values)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, hashed: str) -> ApiKey | None:
        """The key with this hash, or with this one before it was rotated, unless it has ended."""
        now = timezone.now()
        in_time = models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        known = models.Q(hash=hashed) | models.Q(previous_hash=hashed, previous_until__gt=now)
        return self.select_related("project").filter(known & in_time, revoked_at=None).first()


class ApiKey(Limited):
    """One key of a project, with bounds of its own. `config` None means the project's default config.

    `relay_paths` narrow the scope passthrough, as in "POST /v1/embeddings"; none: all that is relayed.
    `previous_hash` is that of the secret before the last rotation, which works on until `previous_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="keys")
    config = models.ForeignKey(OptimizationConfig, on_delete=models.PROTECT, null=True, blank=True)
    name = models.CharField(max_length=100)
    shown_prefix = models.CharField(max_length=12, editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    previous_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001
    previous_until = models.DateTimeField(null=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=KeyScope.choices), default=all_scopes)
    relay_paths = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

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
        scopes: Iterable[str] | None = None,
        relay_paths: Iterable[str] = (),
        expires_at: datetime | None = None,
        bounds: Mapping[str, Any] | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is not stored and so can be shown only now. `bounds` are values of
        `Limited`."""
        secret = secret or _new_secret()
        row = cls.objects.create(
            id=key_id or uuid.uuid4(),
            project=project,
            name=name,
            config=config,
            shown_prefix=secret[:8],
            hash=key_hash(secret),
            scopes=all_scopes() if scopes is None else list(scopes),
            relay_paths=list(relay_paths),
            expires_at=expires_at,
            **(bounds or {}),
        )
        return row, secret

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def has_ended(self) -> bool:
        return self.revoked_at is not None or self.is_expired

    @property
    def previous_works(self) -> bool:
        """Whether the secret before the last rotation is still taken."""
        return self.previous_until is not None and self.previous_until > timezone.now()

    def end_of(self, hashed: str) -> datetime | None:
        """When the secret with this hash is no longer taken; None: it does not expire."""
        ends = [self.expires_at, self.previous_until if hashed == self.previous_hash else None]
        return min((moment for moment in ends if moment is not None), default=None)

    def rotate(self, grace: timedelta) -> str:
        """A new secret, shown only now; the one before it works on for the grace period."""
        secret = _new_secret()
        self.previous_hash, self.previous_until = self.hash, timezone.now() + grace
        self.hash, self.shown_prefix = key_hash(secret), secret[:8]
        self.save(update_fields=["hash", "shown_prefix", "previous_hash", "previous_until"])
        return secret

    def revoke(self) -> None:
        """End the key; workers forget it within their key cache's few seconds."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])
