"""Named optimizer configs of a project."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models

from optimizer_app.models.projects.project import Project
from token_optimizer.config import PRESETS, OptimizerConfig
from token_optimizer.errors import ConfigError


class OptimizationConfigQuerySet(models.QuerySet["OptimizationConfig"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> OptimizationConfigQuerySet:
        """Configs of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def with_share(self) -> OptimizationConfigQuerySet:
        """With the version that a share meets, in the same query."""
        return self.select_related("running_share__version")


class OptimizationConfig(models.Model):
    """A preset and the fields that differ from it. `version` grows with every change that all keys meet.

    `running_share` is the version that only a share of keys or conversations meets, where there is one. It
    stands here, so that whoever reads the config reads both in one query.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="configs")
    name = models.SlugField(max_length=60)
    preset = models.CharField(max_length=20, choices=[(name, name) for name in PRESETS], default="balanced")
    fields: models.JSONField[dict[str, Any]] = models.JSONField(default=dict, blank=True)
    is_default = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    running_share = models.OneToOneField(
        "ConfigShare", on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

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
