"""Texts deleted on demand. What is left of each says when, and by whom."""

from __future__ import annotations

import structlog
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils import timezone

from optimizer_app.models import Capture, Project, TraceFeedback
from optimizer_app.models.kept.capture import CaptureQuerySet

log = structlog.get_logger(__name__)

Person = AbstractBaseUser | AnonymousUser


def delete_capture(capture: Capture, by: Person) -> bool:
    """Delete one request's texts; False where there were none."""
    return bool(_delete(Capture.objects.filter(pk=capture.pk), capture.project_id, by))


def delete_captures_of(project: Project, by: Person) -> int:
    """Delete the texts of all of a project's requests; returns how many requests had some."""
    return _delete(Capture.objects.filter(project=project), project.pk, by)


def _delete(captures: CaptureQuerySet, project_id: object, by: Person) -> int:
    emptied = {"sealed": "", "size_bytes": 0, "reason": "", "deleted_at": timezone.now(), "deleted_by": by.pk}
    # What was said of an answer may quote it.
    said = TraceFeedback.objects.filter(trace_id__in=captures.values("pk"))
    said.update(encrypted_comment="", comment_until=None)
    count = captures.filter(size_bytes__gt=0).update(**emptied)
    if count:
        log.info("captures_deleted", project_id=str(project_id), count=count, by=by.get_username())
    return count
