"""Prompts that somebody saved in the playground, to try them again."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import Self

import orjson
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from optimizer_app.models.projects.project import Project
from optimizer_app.models.projects.roles import Role
from optimizer_app.security.encryption import decrypt, encrypt


@dataclass(frozen=True, slots=True)
class ExampleTexts:
    """What was typed: `kind` is `text`, or the dialect of the body that `text` is."""

    kind: str
    text: str
    question: str = ""
    documents: str = ""


class PlaygroundExampleQuerySet(models.QuerySet["PlaygroundExample"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Examples of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def readable_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Those whose texts the user may read: what requests said is not for viewers."""
        edited = Project.objects.open_to(user, Role.EDITOR)
        return self.visible_to(user).filter(models.Q(trace_id=None) | models.Q(project__in=edited))

    def without_texts(self) -> Self:
        """For lists: leaves the encrypted texts in the database."""
        return self.defer("encrypted_texts")


class PlaygroundExample(models.Model):
    """A saved prompt of a project. Its texts are encrypted under the instance's key.

    `set_name` is the set that it belongs to, empty for none. `trace_id` is the request that it comes from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="playground_examples")
    name = models.CharField(max_length=100)
    encrypted_texts = models.TextField(editable=False)
    set_name = models.CharField(max_length=100, blank=True)
    trace_id = models.UUIDField(null=True, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PlaygroundExampleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="playground_example_once_a_project"),
            models.UniqueConstraint(fields=["project", "trace_id"], name="example_of_request_once_a_project"),
        ]

    def __str__(self) -> str:
        return self.name

    def set_texts(self, texts: ExampleTexts) -> None:
        """Encrypt and keep the texts; the caller saves the row."""
        self.encrypted_texts = encrypt(orjson.dumps(asdict(texts)).decode())

    def texts(self) -> ExampleTexts:
        """The texts; UndecryptableSecret where the instance's key has changed."""
        return ExampleTexts(**orjson.loads(decrypt(self.encrypted_texts)))
