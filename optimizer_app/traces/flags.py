"""What is special about a request: conditions that pages and the API filter and count by."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Q
from django.db.models.functions import Now

from optimizer_app.models import Capture, RequestTrace, TraceFeedback


def _text_kept() -> Q:
    return Q(pk__in=Capture.objects.filter(size_bytes__gt=0, expires_at__gt=Now()).values("pk"))


def _said(condition: Q) -> Q:
    return Q(pk__in=TraceFeedback.objects.filter(condition).values("trace_id"))


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
    "liked": Flag("Good feedback", _said(Q(score__gt=0))),
    "disliked": Flag("Bad feedback", _said(Q(score__lt=0))),
    "kept": Flag("Text kept", _text_kept()),
}
