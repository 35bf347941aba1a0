"""Compressions made ahead of need: the queue, what came of it, and how often it was found in time."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from optimizer_app.models.project import Project


class CompressionQuerySet(models.QuerySet["AheadCompression"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> CompressionQuerySet:
        """Those of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def unfinished(self) -> CompressionQuerySet:
        """Those that there is still work to do on."""
        return self.filter(state__in=AheadCompression.UNFINISHED)

    def due(self, now: datetime) -> CompressionQuerySet:
        """Unfinished ones that no worker holds at the moment."""
        free = models.Q(leased_until=None) | models.Q(leased_until__lt=now)
        return self.unfinished().filter(free)

    def without_texts(self) -> CompressionQuerySet:
        """For lists: leaves the encrypted texts in the database."""
        return self.defer("source", "result")


class AheadCompression(models.Model):
    """One text of a project, for one compressor and rate. Its name and its texts are written in secret.

    `key` is an HMAC under the project's secret. `source` is the text while it waits, encrypted by the
    instance, and gone once there is a result; `result` opens only for who has the text that it was made from.
    `threshold` is that of the config that wanted it. `leased_until`: a worker holds it; where that has
    passed, the worker died.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        WORKING = "working", "Working"
        DONE = "done", "Done"
        BELOW = "below", "Below threshold"
        NO_GAIN = "no_gain", "No gain"
        FAILED = "failed", "Failed"

    UNFINISHED = (State.QUEUED, State.WORKING)
    # A text of which compression makes nothing that is sent: it stays as it is.
    STAYS = (State.BELOW, State.NO_GAIN)

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="ahead_compressions", db_index=False
    )
    key = models.CharField(max_length=64, editable=False)
    compressor = models.CharField(max_length=200)
    rate = models.FloatField()
    threshold = models.FloatField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=300, blank=True)
    source = models.TextField(null=True, editable=False)  # noqa: DJ001 -- None: it is gone
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

    objects = CompressionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="compression_once_a_project"),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="compression_newest_first"),
            models.Index(
                fields=["project", "id"],
                condition=models.Q(state__in=("queued", "working")),
                name="compression_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"compression {self.pk}"


class AheadHour(models.Model):
    """What came of compressing ahead for a project within one hour.

    `hits` and `misses` count texts that requests looked for, `stays` those of them that compression makes
    nothing of. `dropped_full` were not queued because the queue was full, `dropped_late` waited too long.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="ahead_hours", db_index=False)
    hour = models.DateTimeField()
    hits = models.PositiveIntegerField(default=0)
    misses = models.PositiveIntegerField(default=0)
    stays = models.PositiveIntegerField(default=0)
    dropped_full = models.PositiveIntegerField(default=0)
    dropped_late = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-hour"]
        constraints = [models.UniqueConstraint(fields=["project", "hour"], name="ahead_hour_once_a_project")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00}"
