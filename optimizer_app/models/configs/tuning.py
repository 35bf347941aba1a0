"""Proposals: changes of a config that what happened speaks for, with their evidence."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from optimizer_app.models.configs.config import OptimizationConfig
from optimizer_app.models.projects.project import Project


class TuningProposalQuerySet(models.QuerySet["TuningProposal"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> TuningProposalQuerySet:
        """Proposals of the projects that the user may see."""
        return self.filter(config__project__in=Project.objects.visible_to(user))


class TuningProposal(models.Model):
    """Changes of one config, to its version `base_version`. One of a config is open at a time.

    `changes` has of each its field, both values, why, and its evidence: figures and traces. Of `cases`
    regression cases `failed_cases` failed under the changed config, null where that was not tried.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Taken as a draft"
        PUBLISHED = "published", "Published within bounds"
        DISMISSED = "dismissed", "Dismissed"
        OUTDATED = "outdated", "Outdated"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    config = models.ForeignKey(OptimizationConfig, on_delete=models.CASCADE, related_name="proposals")
    base_version = models.PositiveIntegerField()
    changes: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    cases = models.PositiveIntegerField(default=0)
    failed_cases = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)

    objects = TuningProposalQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["config"], condition=models.Q(state="open"), name="one_open_proposal_a_config"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.config} v{self.base_version}, {self.state}"

    @property
    def is_safe(self) -> bool:
        """Whether it was tested, and all regression cases passed."""
        return self.cases > 0 and self.failed_cases == 0

    def changed_fields(self) -> dict[str, Any]:
        """The value of each changed field."""
        return {change["field"]: change["after"] for change in self.changes}
