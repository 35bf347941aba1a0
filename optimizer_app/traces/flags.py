"""What is special about a request: conditions that pages and the API filter and count by."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from optimizer_app.models import Capture, RequestTrace, TraceFeedback

_TEXT_KEPT = Exists(Capture.objects.filter(pk=OuterRef("pk"), size_bytes__gt=0, expires_at__gt=Now()))


def _said(condition: Q) -> Exists:
    return Exists(
        TraceFeedback.objects.filter(condition, trace_id=OuterRef("pk"), project=OuterRef("project"))
    )


@dataclass(frozen=True, slots=True)
class Flag:
    """A condition that requests are filtered by, and the measure that counts those that meet it, if any."""

    label: str
    condition: Q
    measure: str = ""


FLAGS: dict[str, Flag] = {
    "same": Flag("Not made smaller", Q(tokens_after__gte=F("tokens_before")), "not_smaller"),
    "fallback": Flag("Fell back", Q(fallback_used=True), "fallbacks"),
    "budget": Flag("Over budget", ~Q(over_budget=""), "over_budget"),
    "compaction": Flag("Compaction", Q(compacted=True), "compactions"),
    "failed": Flag("Stage failed", Q(stages__contains=[{"status": "failed"}]), "failed_stages"),
    "negative": Flag("Net negative", Q(net_usd__lt=0), "negative"),
    "error": Flag("Provider error", Q(status=RequestTrace.Status.ERROR), "errors"),
    "interrupted": Flag("Interrupted", Q(status=RequestTrace.Status.INTERRUPTED), "interrupted"),
    "liked": Flag("Good feedback", Q(_said(Q(score__gt=0)))),
    "disliked": Flag("Bad feedback", Q(_said(Q(score__lt=0)))),
    "kept": Flag("Text kept", Q(_TEXT_KEPT)),
}
