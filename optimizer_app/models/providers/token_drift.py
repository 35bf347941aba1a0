"""TokenDrift: how many tokens a provider billed for those that we counted."""

from __future__ import annotations

from django.db import models

from optimizer_app.models.projects.project import Project


class TokenDrift(models.Model):
    """The prompts of one day that went to a model: our count of what was sent, and the provider's.

    `alarmed_at` is when they came too far apart, None where they did not or it was said before.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="drifts", db_index=False)
    model = models.CharField(max_length=200)
    day = models.DateField()
    requests = models.PositiveIntegerField(default=0)
    counted_tokens = models.BigIntegerField(default=0)
    billed_tokens = models.BigIntegerField(default=0)
    alarmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "model", "day"], name="drift_of_project_model_day")
        ]

    def __str__(self) -> str:
        return f"{self.model} on {self.day}"
