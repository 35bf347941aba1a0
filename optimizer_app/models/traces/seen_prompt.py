"""Prompts that the exact cache was asked for, as hashes: what comes again is told by them."""

from __future__ import annotations

from django.db import models

from optimizer_app.models.projects.project import Project


class SeenPrompt(models.Model):
    """A prompt of a project by a hash under its secret, and when a request last had it. A row lasts as long
    as what the exact cache remembers."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.BigIntegerField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("project", "digest"), name="one_row_a_seen_prompt")]

    def __str__(self) -> str:
        return f"{self.digest:x}, {self.seen_at:%Y-%m-%d %H:%M}"
