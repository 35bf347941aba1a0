"""Precompressions: the queue, the results, and how often a request found one in time."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from optimizer_app.background.leases import is_free
from optimizer_app.models.projects.project import Project


class PrecompressionQuerySet(models.QuerySet["Precompression"]):
    def unfinished(self) -> PrecompressionQuerySet:
        """Those with work left to do."""
        return self.filter(state__in=Precompression.UNFINISHED)

    def due(self, now: datetime) -> PrecompressionQuerySet:
        """Unfinished ones that no worker holds at the moment."""
        return self.unfinished().filter(is_free(now))

    def without_texts(self) -> PrecompressionQuerySet:
        """For lists: leaves the encrypted texts in the database."""
        return self.defer("source", "result")


class Precompression(models.Model):
    """One text of a project, to be compressed by one compressor at one rate, and the result.

    `key` is an HMAC under the project's secret. `source` is the text while it waits, encrypted under the
    instance's key, and removed once there is a result. `result` is encrypted under a key that only the
    original text gives. `threshold` is the lowest score that the config accepts. A worker holds the row
    until `leased_until`; a time in the past means that the worker died.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        WORKING = "working", "Working"
        DONE = "done", "Done"
        BELOW = "below", "Below threshold"
        NO_GAIN = "no_gain", "No gain"
        FAILED = "failed", "Failed"

    UNFINISHED = (State.QUEUED, State.WORKING)

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="precompressions", db_index=False
    )
    key = models.CharField(max_length=64, editable=False)
    compressor = models.CharField(max_length=200)
    rate = models.FloatField()
    threshold = models.FloatField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=300, blank=True)
    source = models.TextField(null=True, editable=False)  # noqa: DJ001 -- None: it was removed
    result = models.TextField(null=True, editable=False)  # noqa: DJ001 -- None: there is none
    score = models.FloatField(null=True)
    tokens_before = models.PositiveIntegerField(null=True)
    tokens_after = models.PositiveIntegerField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, editable=False)
    hits = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = PrecompressionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="precompression_once_a_project"),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="precompression_newest_first"),
            models.Index(
                fields=["project", "id"],
                condition=models.Q(state__in=("queued", "working")),
                name="precompression_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"precompression {self.pk}"


class PrecompressionHour(models.Model):
    """Lookups and drops of one project within one hour.

    `hits`, `misses` and `unusable` count texts that requests looked for: found, not found, and found with a
    result that scores too low or saves nothing. `dropped_full` counts texts that a full queue refused,
    `dropped_late` texts that waited too long in it.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="precompression_hours", db_index=False
    )
    hour = models.DateTimeField()
    hits = models.PositiveIntegerField(default=0)
    misses = models.PositiveIntegerField(default=0)
    unusable = models.PositiveIntegerField(default=0)
    dropped_full = models.PositiveIntegerField(default=0)
    dropped_late = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-hour"]
        constraints = [
            models.UniqueConstraint(fields=["project", "hour"], name="precompression_hour_once"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00}"
