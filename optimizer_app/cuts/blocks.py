"""The blocks that a rule cut, over many requests: which of them were wanted again?"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial
from itertools import chain

from optimizer_app.clickhouse.rows import ClickHouseRows
from optimizer_app.clickhouse.stored import TraceRows, in_each
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
_CLICKHOUSE_COLUMNS = "trace_id, cut_blocks, wanted_blocks, again_blocks"
_CLICKHOUSE = """
SELECT trace_id, number, block.tokens_before AS before, block.tokens_after AS after,
  arraySum(arrayMap(call -> if(call.block = block.id AND call.found, call.tokens, 0), wanted_blocks)) AS read,
  arraySum(arrayMap(call -> if(call.block = block.id, call.tokens, 0), again_blocks)) AS again
FROM picked ARRAY JOIN cut_blocks AS block, arrayEnumerate(cut_blocks) AS number
WHERE block.stage = {rule:String} AND block.kind = {kind:String} AND before > after
  AND (NOT block.frozen OR read + again > 0)
ORDER BY read + again DESC, UUIDStringToNum(toString(trace_id)) DESC, number LIMIT {limit:UInt32}
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


def cut_blocks(traces: TraceRows, rule: str, kind: str, limit: int) -> list[Cut]:
    """What the rule cut of this kind in the newest of these requests: the most wanted again first, then the
    newest. What an earlier turn had cut is among them where it was wanted again."""
    recent = partial(_in_postgres, rule=rule, kind=kind, limit=limit)
    older = partial(_in_clickhouse, rule=rule, kind=kind, limit=limit)
    found = chain(*in_each(traces.order_by("-id")[:MAX_REQUESTS], recent, older))
    return sorted(found, key=lambda cut: (-cut.wanted, -cut.trace_id.int, cut.number))[:limit]


def _in_postgres(traces: RequestTraceQuerySet, rule: str, kind: str, limit: int) -> list[Cut]:
    wanted = {"read": _WANTED.format(column="read_backs"), "again": _WANTED.format(column="re_reads")}
    names = ("id", "blocks", "read_backs", "re_reads")
    return [Cut(*row) for row in traces.picked(names, _SQL.format(**wanted), [rule, kind, limit])]


def _in_clickhouse(traces: ClickHouseRows, rule: str, kind: str, limit: int) -> list[Cut]:
    values = {"rule": rule, "kind": kind, "limit": limit}
    return [Cut(*row) for row in traces.picked(_CLICKHOUSE_COLUMNS, _CLICKHOUSE, values)]
