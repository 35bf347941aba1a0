"""What should have stayed: prompts that a config has to leave something in, and how it last did."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import Self

import orjson
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from optimizer_app.models.configs.config import OptimizationConfig
from optimizer_app.models.projects.project import Project
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.security.encryption import decrypt, encrypt


@dataclass(frozen=True, slots=True)
class CaseTexts:
    """A prompt, and the lines that have to be in what is sent of it."""

    prompt: ExampleTexts
    keep: str


class RegressionCaseQuerySet(models.QuerySet["RegressionCase"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Cases of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def without_texts(self) -> Self:
        """For lists: leaves the encrypted texts in the database."""
        return self.defer("encrypted_texts")


class RegressionCase(models.Model):
    """A case of a project. Its texts are encrypted under the instance's key. `trace_id` is the request at
    which somebody saw what was missing, None where there was none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="regression_cases")
    name = models.CharField(max_length=100)
    encrypted_texts = models.TextField(editable=False)
    trace_id = models.UUIDField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RegressionCaseQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="regression_case_once_a_project"),
        ]

    def __str__(self) -> str:
        return self.name

    def set_texts(self, texts: CaseTexts) -> None:
        """Encrypt and keep the texts; the caller saves the row."""
        self.encrypted_texts = encrypt(orjson.dumps(asdict(texts)).decode())

    def texts(self) -> CaseTexts:
        """The texts; UndecryptableSecret where the instance's key has changed."""
        stored = orjson.loads(decrypt(self.encrypted_texts))
        return CaseTexts(ExampleTexts(**stored["prompt"]), stored["keep"])


class RegressionResult(models.Model):
    """How a case last did under a config. `version` None: a draft was tried. `missing` counts the lines that
    were not in what would be sent; `problem` says why the case could not be run."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(RegressionCase, on_delete=models.CASCADE, related_name="results")
    config = models.ForeignKey(OptimizationConfig, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(null=True)
    missing = models.PositiveIntegerField()
    problem = models.CharField(max_length=200, blank=True)
    ran_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "config"], name="one_result_a_case_and_config"),
        ]

    def __str__(self) -> str:
        return f"{self.case} under {self.config}"

    @property
    def passed(self) -> bool:
        return not self.missing and not self.problem
