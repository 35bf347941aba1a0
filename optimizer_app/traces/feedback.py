"""Feedback on answers: kept once for each request and key, shown with the request, ended with its texts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from optimizer_app.models import RequestTrace, TraceFeedback
from optimizer_app.trace_ids import first_id_at


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one caller says: a `score` from -1 to 1."""

    score: float
    label: str = ""
    comment: str = ""


def give_feedback(trace: RequestTrace, api_key_id: uuid.UUID, said: Feedback) -> TraceFeedback:
    """Keep it in the place of what the key said before. A comment is left out where no texts are kept."""
    keeps = trace.text_until is not None and trace.text_until > timezone.now()
    row = TraceFeedback(score=said.score, label=said.label)
    row.set_comment(said.comment if keeps else "")
    kept, _ = TraceFeedback.objects.update_or_create(
        trace_id=trace.pk,
        api_key_id=api_key_id,
        defaults={
            "project_id": trace.project_id,
            "score": row.score,
            "label": row.label,
            "encrypted_comment": row.encrypted_comment,
            "comment_until": trace.text_until if keeps else None,
        },
    )
    return kept


def feedback_on(trace: RequestTrace) -> list[TraceFeedback]:
    """All that was said of it, the newest first."""
    of_project = TraceFeedback.objects.filter(project=trace.project_id, trace_id=trace.pk)
    return list(of_project.select_related("api_key").order_by("-updated_at"))


def drop_expired_comments() -> int:
    """Delete the comments whose days are over."""
    expired = TraceFeedback.objects.filter(comment_until__lte=timezone.now())
    return expired.update(encrypted_comment="", comment_until=None)


def drop_feedback_before(moment: datetime) -> None:
    """Delete what was said of requests that are dropped."""
    TraceFeedback.objects.filter(trace_id__lt=first_id_at(moment)).delete()
