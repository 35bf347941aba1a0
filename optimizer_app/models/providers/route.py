"""Routes: which providers of a project serve a model, under which name, and who follows when one fails."""

from __future__ import annotations

import uuid

from django.db import models

from optimizer_app.models.projects.project import Project
from optimizer_app.models.providers.provider import Provider


class Route(models.Model):
    """Where requests for some models go. The first route by `position` whose `pattern` fits serves a request.

    `pattern` is a model's name with `*` for anything. `max_retries` is how often each provider is asked again
    before the next one is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="routes")
    pattern = models.CharField(max_length=200)
    position = models.PositiveIntegerField()
    max_retries = models.PositiveSmallIntegerField(default=2)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["project", "position", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["project", "pattern"], name="route_pattern_once_a_project"),
        ]

    def __str__(self) -> str:
        return self.pattern


class RouteTarget(models.Model):
    """A provider of a route. Those with a `weight` share the conversations by it; those without stand by, in
    the order of their `position`. `model` is the name by which this provider is asked; empty: as it came."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="targets")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="route_targets")
    model = models.CharField(max_length=200, blank=True)
    weight = models.PositiveIntegerField(default=1)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["route", "position", "id"]

    def __str__(self) -> str:
        return f"{self.route}: {self.provider}"
