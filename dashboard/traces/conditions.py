"""Conditions on traces that several pages count, filter or flag by."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from optimizer_app.models import Capture, RequestTrace

OPTIMIZED = ~Q(route="bypass")
FAILED_STAGE = Q(stages__contains=[{"status": "failed"}])
NOT_SMALLER = Q(tokens_after__gte=F("tokens_before"))
NEGATIVE = Q(net_usd__lt=0)
ERROR = Q(status=RequestTrace.Status.ERROR)
INTERRUPTED = Q(status=RequestTrace.Status.INTERRUPTED)
TEXT_KEPT = Q(Exists(Capture.objects.filter(pk=OuterRef("pk"), size_bytes__gt=0, expires_at__gt=Now())))
