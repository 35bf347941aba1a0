"""Events: the outbox towards analytics receivers, written in the trace's own transaction."""

from __future__ import annotations

from typing import Any

from django.db import models

from optimizer_app.models.project import Project
from optimizer_app.trace_ids import new_trace_id


class Event(models.Model):
    """One event of the guide's 8 types. `next_try_at` None means delivered, or nowhere to deliver to."""

    id = models.UUIDField(primary_key=True, default=new_trace_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="events", db_index=False)
    trace_id = models.UUIDField(db_index=True)
    event_type = models.CharField(max_length=40)
    payload: models.JSONField[dict[str, Any]] = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

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
