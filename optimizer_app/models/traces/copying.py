"""What is still to be done in ClickHouse, where one is used: traces to copy, projects to erase."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class TraceCopying(models.Model):
    """One row while traces are copied to ClickHouse."""

    started_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"since {self.started_at:%Y-%m-%d %H:%M}"


class UncopiedTraces(models.Model):
    """Traces that ClickHouse has not got yet: those of `ids`, or without any all from `first_id` up to
    `end_id`, as they were when copying began. Written with the traces, in their transaction."""

    first_id = models.UUIDField(db_index=True)
    end_id = models.UUIDField(null=True)
    ids = ArrayField(models.UUIDField(), default=list)
    stored_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{len(self.ids) or 'all'} from {self.first_id}"


class ErasedProject(models.Model):
    """A project that was deleted, and whose traces are still in ClickHouse."""

    project_id = models.UUIDField(unique=True)

    def __str__(self) -> str:
        return str(self.project_id)
