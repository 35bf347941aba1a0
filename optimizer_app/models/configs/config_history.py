"""What a config was, and what somebody is about to make of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from optimizer_app.models.configs.config import OptimizationConfig


class ConfigVersion(models.Model):
    """A config as it was published: by whom, when, why. `copy_of`: the version that was rolled back to.
    `failed_cases`: it was published although so many regression cases failed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    config = models.ForeignKey(OptimizationConfig, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    preset = models.CharField(max_length=20)
    fields: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    note = models.CharField(max_length=500, blank=True)
    copy_of = models.PositiveIntegerField(null=True)
    failed_cases = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["config", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["config", "number"], name="version_number_once_a_config"),
        ]

    def __str__(self) -> str:
        return f"{self.config} v{self.number}"


class ConfigDraft(models.Model):
    """What one person has changed in a config and not published. `base_version` is what they started from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    config = models.ForeignKey(OptimizationConfig, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    base_version = models.PositiveIntegerField()
    preset = models.CharField(max_length=20)
    fields: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["config", "author"], name="one_draft_a_config_and_author"),
        ]

    def __str__(self) -> str:
        return f"{self.config}, draft of {self.author}"


class ConfigShare(models.Model):
    """A version that only some keys or conversations of the project meet, beside the live `base_version`.

    It runs until `ended_at`: then all meet the version, or nobody does any more.
    """

    class By(models.TextChoices):
        KEYS = "keys", "keys"
        CONVERSATIONS = "conversations", "conversations"

    class Outcome(models.TextChoices):
        PUBLISHED = "published", "published to all"
        ROLLED_BACK = "rolled_back", "rolled back"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    config = models.ForeignKey(OptimizationConfig, on_delete=models.CASCADE, related_name="shares")
    version = models.ForeignKey(ConfigVersion, on_delete=models.CASCADE, related_name="+")
    base_version = models.PositiveIntegerField()
    by = models.CharField(max_length=20, choices=By.choices)
    percent = models.PositiveSmallIntegerField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField(auto_now_add=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.percent}% of {self.by} on {self.version}"

    @property
    def seed(self) -> str:
        """What sets its choice of keys or conversations apart from that of another share."""
        return share_seed(self.config_id, self.version.number)


def share_seed(config_id: uuid.UUID, number: int) -> str:
    return f"{config_id}:{number}"
