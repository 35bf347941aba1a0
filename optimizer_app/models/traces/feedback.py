"""What a caller says of an answer that it got."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from optimizer_app.models.keys.api_key import ApiKey
from optimizer_app.models.projects.project import Project
from optimizer_app.security.encryption import decrypt, encrypt


class TraceFeedback(models.Model):
    """One key's judgement of one request: a score from -1 (bad) to 1 (good), and a label.

    A comment is kept encrypted where the request's texts are, and as long as they are.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="feedback")
    trace_id = models.UUIDField()
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()
    label = models.CharField(max_length=60, blank=True)
    encrypted_comment = models.TextField(blank=True)
    comment_until = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["trace_id", "api_key"], name="one_feedback_a_trace_and_key"),
        ]
        indexes: ClassVar = [models.Index(fields=["project", "trace_id"], name="feedback_of_project")]

    def __str__(self) -> str:
        return f"{self.score:+g} for {self.trace_id}"

    def set_comment(self, text: str) -> None:
        self.encrypted_comment = encrypt(text) if text else ""

    def comment(self) -> str:
        """What was said, while it is kept; UndecryptableSecret where the instance's key has changed."""
        if not self.encrypted_comment or self.comment_until is None or self.comment_until <= timezone.now():
            return ""
        return decrypt(self.encrypted_comment)
