"""Providers: where a project's requests go, and with which secret."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.db import models

from optimizer_app.models.project import Project
from optimizer_app.outgoing import UnsafeUrl, check_outgoing_url
from optimizer_app.security.encryption import decrypt, encrypt


class Provider(models.Model):
    """One upstream of a project. `echo` answers by itself with what it received.

    `trusted` marks a URL that came from the instance's own environment, which may be on loopback.
    """

    class Kind(models.TextChoices):
        OPENAI = "openai", "OpenAI"
        ANTHROPIC = "anthropic", "Anthropic"
        ECHO = "echo", "Echo"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="providers")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    base_url = models.URLField(max_length=500, blank=True)
    encrypted_secret = models.TextField(blank=True, editable=False)
    asks_for_stream_usage = models.BooleanField(
        "asks for usage in streams",
        default=True,
        help_text="Adds stream_options.include_usage to OpenAI streams, so that the trace has what was "
        "billed. Turn it off for a server that refuses stream_options.",
    )
    trusted = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["project", "name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="provider_name_once_a_project"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"

    def clean(self) -> None:
        if self.trusted or not self.base_url or self.kind == self.Kind.ECHO:
            return
        try:
            check_outgoing_url(self.base_url)
        except UnsafeUrl as error:
            raise ValidationError({"base_url": str(error)}) from error

    def set_secret(self, secret: str) -> None:
        """Encrypt and keep the provider's key; the caller saves the row."""
        self.encrypted_secret = encrypt(secret) if secret else ""

    def secret(self) -> str:
        """The provider's key, for sending; an empty text where none is kept."""
        return decrypt(self.encrypted_secret) if self.encrypted_secret else ""
