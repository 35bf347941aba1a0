"""The request that an address names."""

from __future__ import annotations

import uuid

from django.http import Http404

from optimizer_app.clickhouse.stored import TraceRows
from optimizer_app.models import RequestTrace


def trace_or_404(rows: TraceRows, trace_id: uuid.UUID) -> RequestTrace:
    """The one of these requests with the id; 404 where it is another project's, as for one that never was."""
    try:
        return rows.get(pk=trace_id)
    except RequestTrace.DoesNotExist:
        raise Http404("no request of this id among yours") from None
