"""Events, and where they go: the outbox, written in the trace's own transaction."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from optimizer_app.models.projects.project import Project
from optimizer_app.security.encryption import decrypt
from optimizer_app.trace_ids import new_trace_id


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> EventQuerySet:
        """Events of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))


class Event(models.Model):
    """One event of the guide's 8 types, or of ours.

    `source` is who made it: this gateway, or a library that posted it. The columns from `attempts` on are
    those of a version that delivered to one receiver; see `EventDelivery`.
    """

    class Source(models.TextChoices):
        GATEWAY = "gateway", "Gateway"
        LIBRARY = "library", "Library"

    id = models.UUIDField(primary_key=True, default=new_trace_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="events", db_index=False)
    trace_id = models.UUIDField(db_index=True)
    event_type = models.CharField(max_length=40)
    source = models.CharField(
        max_length=10, choices=Source.choices, default=Source.GATEWAY, db_default=Source.GATEWAY.value
    )
    payload: models.JSONField[dict[str, Any]] = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["project", "-id"], name="event_of_project_newest_first"),
            models.Index(
                fields=["next_try_at"], condition=models.Q(next_try_at__isnull=False), name="event_to_deliver"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.id}"


class EventDestinationQuerySet(models.QuerySet["EventDestination"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> EventDestinationQuerySet:
        """Those of the projects that the user may see; the instance's own for its operators."""
        of_projects = models.Q(project__in=Project.objects.visible_to(user))
        if getattr(user, "is_superuser", False):
            return self.filter(of_projects | models.Q(project=None))
        return self.filter(of_projects)


class EventDestination(models.Model):
    """A receiver: a project's own `analytics_url`, or without a project the instance's ANALYTICS_URL.

    Its events go one batch after another, so that they arrive in order; `next_try_at` is when it is asked
    again after `failures` in a row. `previous_secret` signs, too, until `previous_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, null=True, related_name="event_destination"
    )
    encrypted_secret = models.TextField(blank=True, editable=False)
    encrypted_previous_secret = models.TextField(blank=True, editable=False)
    previous_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    last_success_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventDestinationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(project__isnull=True),
                name="one_event_destination_of_instance",
            ),
        ]

    def __str__(self) -> str:
        return f"events of {self.project.name if self.project else 'all projects'}"

    def secrets_at(self, moment: datetime) -> list[str]:
        """The secrets that sign at the moment, the newest first."""
        found = [self.encrypted_secret]
        if self.previous_until is not None and moment < self.previous_until:
            found.append(self.encrypted_previous_secret)
        return [decrypt(secret) for secret in found if secret]


class EventDelivery(models.Model):
    """One event on its way to one receiver: waiting, delivered, or given up.

    `dead_at`: it was refused, or waited too long; only a resend tries it again.
    """

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    destination = models.ForeignKey(
        EventDestination, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    delivered_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "destination"], name="event_once_a_destination"),
        ]
        indexes = [
            models.Index(
                fields=["destination", "id"],
                condition=models.Q(delivered_at__isnull=True, dead_at__isnull=True),
                name="event_delivery_waiting",
            ),
            models.Index(fields=["destination", "delivered_at"], name="event_delivery_done"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.destination_id}"
