"""Providers: where a project's requests go, and with which secret."""

from __future__ import annotations

import json
import uuid

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from optimizer_app.models.projects.project import Project
from optimizer_app.outgoing import UnsafeUrl, check_outgoing_url
from optimizer_app.security.encryption import decrypt, encrypt


def _seconds() -> models.FloatField[float | None, float | None]:
    return models.FloatField(null=True, blank=True, validators=[MinValueValidator(0.1)])


class Provider(models.Model):
    """One upstream of a project. `echo` answers by itself with what it received.

    `trusted` marks a URL that came from the instance's own environment, which may be on loopback.
    `headers` are sent with every request, beside those of `encrypted_headers`, which are never shown.
    `region` and `access_key_id` are Amazon's: with an access key, the secret signs requests; without one it
    is sent as a key. `needs_caller_key`: the stored key is never used, and requests bring their own.
    A time-out of None is the instance's: for a connection, for the first byte of an answer, and between two.
    """

    class Kind(models.TextChoices):
        OPENAI = "openai", "OpenAI"
        ANTHROPIC = "anthropic", "Anthropic"
        GEMINI = "gemini", "Gemini"
        BEDROCK = "bedrock", "Amazon Bedrock"
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
    strict_roles = models.BooleanField(
        "knows no developer role",
        default=False,
        db_default=False,
        help_text="Sends developer messages as system messages, for a server that knows no other.",
    )
    needs_caller_key = models.BooleanField(
        "uses the caller's key",
        default=False,
        db_default=False,
        help_text="Requests bring the provider's key themselves, in X-Provider-Authorization.",
    )
    headers: models.JSONField[dict[str, str]] = models.JSONField(default=dict, db_default={}, blank=True)
    encrypted_headers = models.TextField(blank=True, editable=False, default="", db_default="")
    region = models.CharField(max_length=40, blank=True, default="", db_default="")
    access_key_id = models.CharField(max_length=128, blank=True, default="", db_default="")
    connect_timeout_seconds = _seconds()
    first_byte_timeout_seconds = _seconds()
    idle_timeout_seconds = _seconds()
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

    def set_secret_headers(self, headers: dict[str, str]) -> None:
        """Encrypt and keep headers that are never shown; the caller saves the row."""
        self.encrypted_headers = encrypt(json.dumps(headers)) if headers else ""

    def secret_headers(self) -> dict[str, str]:
        """The headers that are never shown, for sending."""
        found: dict[str, str] = json.loads(decrypt(self.encrypted_headers)) if self.encrypted_headers else {}
        return found
