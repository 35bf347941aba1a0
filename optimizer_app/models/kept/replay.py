"""Prompts run through a config, and what came of each; a run stays as it was."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from optimizer_app.background.leases import is_free
from optimizer_app.models.configs.config import OptimizationConfig
from optimizer_app.models.projects.project import Project
from optimizer_app.models.prompts.playground_example import PlaygroundExample


class ReplayQuerySet(models.QuerySet["Replay"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Replays of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def due(self, now: datetime) -> Self:
        """Unfinished replays that no worker holds at the moment."""
        return self.filter(is_free(now), state__in=Replay.UNFINISHED)


class Replay(models.Model):
    """Some prompts through the values of a config as they were. `source` says which prompts, in words.

    `version` None: the values are those of a draft. With `sends` the provider is asked with each prompt, too.
    A worker holds the row until `leased_until`.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    UNFINISHED = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="replays")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    source = models.CharField(max_length=200)
    config = models.ForeignKey(OptimizationConfig, on_delete=models.SET_NULL, null=True)
    config_name = models.CharField(max_length=60)
    version = models.PositiveIntegerField(null=True)
    preset = models.CharField(max_length=20)
    fields: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    sends = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    leased_until = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True)

    objects = ReplayQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(state__in=("queued", "running")),
                name="replay_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} through {self.subject}"

    @property
    def subject(self) -> str:
        """What the prompts go through."""
        return f"{self.config_name} v{self.version}" if self.version else f"{self.config_name}, a draft"

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED


class ReplayResult(models.Model):
    """What became of one prompt. It comes from a request, `trace_id`, or from a saved example.

    Costs are list prices of the prompt where no cache knows it. `billed_usd` and what stands with it are
    known where it was sent. `sealed` has what the model answered and the lost directives, encrypted,
    until `expires_at`; None there: as long as the replay.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="results", db_index=False)
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=100)
    trace_id = models.UUIDField(null=True)
    example = models.ForeignKey(PlaygroundExample, on_delete=models.SET_NULL, null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    model = models.CharField(max_length=200, blank=True)
    tokens_before = models.PositiveIntegerField(default=0)
    tokens_after = models.PositiveIntegerField(default=0)
    cost_before_usd = models.DecimalField(max_digits=16, decimal_places=9, null=True)
    cost_usd = models.DecimalField(max_digits=16, decimal_places=9, null=True)
    latency_ms = models.FloatField(default=0)
    fallback_reason = models.CharField(max_length=200, blank=True)
    directives = models.PositiveIntegerField(default=0)
    lost_directives = models.PositiveIntegerField(default=0)
    blocks: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    billed_input_tokens = models.PositiveIntegerField(null=True)
    billed_output_tokens = models.PositiveIntegerField(null=True)
    billed_usd = models.DecimalField(max_digits=16, decimal_places=9, null=True)
    upstream_ms = models.FloatField(null=True)
    send_error = models.CharField(max_length=400, blank=True)
    sealed = models.TextField(blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        ordering = ["replay", "number"]
        constraints = [
            models.UniqueConstraint(fields=["replay", "number"], name="replay_result_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.label}"

    @property
    def prompt_key(self) -> str:
        """The same in every replay of the prompt."""
        return str(self.trace_id or self.example_id or self.label)
