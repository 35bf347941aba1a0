"""Queries over the blocks of the newest of some requests."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from optimizer_app.models.trace import RequestTraceQuerySet

MAX_REQUESTS = 1_000


def picked_rows(traces: RequestTraceQuerySet, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the query finds in `picked`, the newest of these requests with their blocks."""
    newest = traces.order_by("-id").values("id", "blocks", "read_backs", "re_reads")[:MAX_REQUESTS]
    try:
        query, parameters = newest.query.sql_with_params()
    except EmptyResultSet:  # Filters that no request can meet.
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"WITH picked AS ({query}) {sql}", [*parameters, *values])
        return cursor.fetchall()
