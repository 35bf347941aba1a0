"""The blocks that a rule cut, over many requests: which of them were wanted again?"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections

from optimizer_app.models.traces.trace import RequestTraceQuerySet

MAX_REQUESTS = 1_000

_SQL = """, cut AS (
  SELECT id, number, (block->>'frozen')::bool AS frozen,
         (block->>'tokens_before')::int AS before, (block->>'tokens_after')::int AS after,
         ({read}) AS read, ({again}) AS again
  FROM picked CROSS JOIN LATERAL jsonb_array_elements(picked.blocks) WITH ORDINALITY AS listed (block, number)
  WHERE block->>'stage' = %s AND block->>'kind' = %s
)
SELECT id, number, before, after, read, again FROM cut
WHERE before > after AND (NOT frozen OR read + again > 0)
ORDER BY read + again DESC, id DESC, number LIMIT %s
"""
_WANTED = """
  SELECT coalesce(sum((call->>'tokens')::int), 0) FROM jsonb_array_elements(picked.{column}) AS call
  WHERE call->>'block' = block->>'id' AND coalesce((call->>'found')::bool, true)
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """One block of one request, by its number from 1 in prompt order. `read` are the tokens that the model
    read back of it, `again` those that a tool brought that it called again for it."""

    trace_id: uuid.UUID
    number: int
    before: int
    after: int
    read: int
    again: int

    @property
    def tokens(self) -> int:
        return self.before - self.after

    @property
    def wanted(self) -> int:
        return self.read + self.again


def cut_blocks(traces: RequestTraceQuerySet, rule: str, kind: str, limit: int) -> list[Cut]:
    """What the rule cut of this kind in the newest of these requests: the most wanted again first, then the
    newest. What an earlier turn had cut is among them where it was wanted again."""
    wanted = {"read": _WANTED.format(column="read_backs"), "again": _WANTED.format(column="re_reads")}
    return [Cut(*row) for row in _picked_rows(traces, _SQL.format(**wanted), rule, kind, limit)]


def _picked_rows(traces: RequestTraceQuerySet, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the query finds in `picked`, the newest of these requests with their blocks."""
    newest = traces.order_by("-id").values("id", "blocks", "read_backs", "re_reads")[:MAX_REQUESTS]
    try:
        query, parameters = newest.query.sql_with_params()
    except EmptyResultSet:  # Filters that no request can meet.
        return []
    with connections[newest.db].cursor() as cursor:
        cursor.execute(f"WITH picked AS ({query}) {sql}", [*parameters, *values])
        return cursor.fetchall()
