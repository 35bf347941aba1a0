"""What each rule cut of each kind of block, and how much of that was wanted again."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer_app.cuts.picked import picked_rows
from optimizer_app.models.trace import RequestTraceQuerySet

_SQL = """, cut AS (
  SELECT block->>'stage' AS rule, block->>'kind' AS kind,
         count(DISTINCT id) AS requests, count(*) AS blocks,
         sum((block->>'tokens_before')::int - (block->>'tokens_after')::int) AS tokens
  FROM picked CROSS JOIN LATERAL jsonb_array_elements(picked.blocks) AS block
  WHERE NOT (block->>'frozen')::bool AND (block->>'tokens_before')::int > (block->>'tokens_after')::int
  GROUP BY 1, 2
),
read AS ({read}),
again AS ({again})
SELECT rule, kind, coalesce(requests, 0), coalesce(cut.blocks, 0), coalesce(cut.tokens, 0),
       coalesce(read.calls, 0), coalesce(read.tokens, 0), coalesce(again.calls, 0), coalesce(again.tokens, 0)
FROM cut FULL JOIN read USING (rule, kind) FULL JOIN again USING (rule, kind) WHERE rule <> ''
"""
# The kind is that of the block that was cut, which stands in the same trace.
_WANTED = """
  SELECT call->>'stage' AS rule, coalesce(wanted.kind, '') AS kind,
         count(*) AS calls, sum((call->>'tokens')::int) AS tokens
  FROM picked CROSS JOIN LATERAL jsonb_array_elements(picked.{column}) AS call
  LEFT JOIN LATERAL (
    SELECT block->>'kind' AS kind FROM jsonb_array_elements(picked.blocks) AS block
    WHERE block->>'id' = call->>'block' LIMIT 1
  ) AS wanted ON true
  WHERE coalesce((call->>'found')::bool, true) GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class CutSum:
    """What one rule cut of blocks of one kind. `read` are calls of `read_back` for it, `again` calls of tools
    whose result it had cut, each with the tokens that they brought."""

    rule: str
    kind: str
    requests: int
    blocks: int
    cut: int
    read_calls: int
    read_tokens: int
    again_calls: int
    again_tokens: int

    @property
    def wanted_share(self) -> float:
        """What came back, as a share of what was cut."""
        wanted = self.read_tokens + self.again_tokens
        return wanted / self.cut if self.cut else float(bool(wanted))


def cut_sums(traces: RequestTraceQuerySet) -> list[CutSum]:
    """Those of the newest of these requests: the most wanted again first, then the most cut."""
    wanted = {"read": _WANTED.format(column="read_backs"), "again": _WANTED.format(column="re_reads")}
    found = [CutSum(*row) for row in picked_rows(traces, _SQL.format(**wanted))]
    return sorted(found, key=lambda row: (-row.wanted_share, -row.cut, row.rule, row.kind))
