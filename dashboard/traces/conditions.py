"""Conditions on traces that several pages count, filter or flag by."""

from __future__ import annotations

from django.db.models import F, Q

from optimizer_app.models import RequestTrace

OPTIMIZED = ~Q(route="bypass")
PRICED = Q(gross_usd__isnull=False, net_usd__isnull=False)
FAILED_STAGE = Q(stages__contains=[{"status": "failed"}])
NOT_SMALLER = Q(tokens_after__gte=F("tokens_before"))
NEGATIVE = Q(net_usd__lt=0)
ERROR = Q(status=RequestTrace.Status.ERROR)
INTERRUPTED = Q(status=RequestTrace.Status.INTERRUPTED)
