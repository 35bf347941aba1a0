"""Named optimizer configs of a project."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models

from optimizer_app.models.project import Project
from token_optimizer.config import PRESETS, OptimizerConfig
from token_optimizer.errors import ConfigError


class OptimizationConfigQuerySet(models.QuerySet["OptimizationConfig"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> OptimizationConfigQuerySet:
        """Configs of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))


class OptimizationConfig(models.Model):
    """A preset and the fields that differ from it. `version` grows by one with every change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="configs")
    name = models.SlugField(max_length=60)
    preset = models.CharField(max_length=20, choices=[(name, name) for name in PRESETS], default="balanced")
    fields: models.JSONField[dict[str, Any]] = models.JSONField(default=dict, blank=True)
    is_default = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OptimizationConfigQuerySet.as_manager()

    class Meta:
        ordering = ["project", "name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="config_name_once_a_project"),
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(is_default=True), name="one_default_config_a_project"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            self.as_optimizer_config()
        except (ConfigError, TypeError) as error:
            raise ValidationError({"fields": str(error)}) from error

    def as_optimizer_config(self) -> OptimizerConfig:
        """The config that the pipeline takes; ConfigError names a field that cannot be used.

        Caching is on unless the fields turn it off, since the service has its Valkey.
        """
        return OptimizerConfig.preset(self.preset, **{"enable_caching": True, **self.fields})
