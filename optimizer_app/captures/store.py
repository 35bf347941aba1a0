"""From the journal into the database."""

from __future__ import annotations

from django.utils import timezone

from optimizer_app.captures.record import CaptureRecord
from optimizer_app.models import Capture, Project


def store_capture(record: CaptureRecord) -> None:
    """Store it where its project exists and its time has not passed; one that is stored stays as it is."""
    if record.expires_at <= timezone.now() or not Project.objects.filter(pk=record.project_id).exists():
        return
    row = Capture(
        id=record.capture,
        project_id=record.project_id,
        expires_at=record.expires_at,
        sealed=record.sealed,
        size_bytes=len(record.sealed),
        reason=record.reason,
    )
    Capture.objects.bulk_create([row], ignore_conflicts=True)
