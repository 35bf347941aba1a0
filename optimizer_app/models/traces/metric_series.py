"""MetricSeries: what a counter or a histogram of `/metrics` has come to for one set of labels."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from optimizer_app.models.projects.project import Project


class MetricSeries(models.Model):
    """`labels` are the values in the order of the metric's labels, without the project's name.

    `sums` has one number of a counter, and of a histogram its buckets and the sum of what was seen. `key` is
    a hash of metric, project and labels. The series of a project go with it.
    """

    key = models.CharField(max_length=32, primary_key=True)
    metric = models.CharField(max_length=100)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="+")
    labels: models.JSONField[list[str]] = models.JSONField(default=list)
    sums: ArrayField[Any, list[float]] = ArrayField(models.FloatField())

    def __str__(self) -> str:
        return f"{self.metric} {self.labels}"
