"""What each rule cut over many requests, and how much of that was wanted again afterwards.

PostgreSQL takes the blocks apart: they are a list in each trace. A bounded number of requests is looked at,
so that the page costs the same whatever is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from optimizer_app.models.trace import RequestTraceQuerySet

MAX_REQUESTS = 1_000

_SQL = """
WITH picked AS ({picked}),
cut AS (
  SELECT block->>'stage' AS rule, array_agg(DISTINCT block->>'kind' ORDER BY block->>'kind') AS kinds,
         count(DISTINCT id) AS requests, count(*) AS blocks,
         sum((block->>'tokens_before')::int - (block->>'tokens_after')::int) AS tokens
  FROM picked CROSS JOIN LATERAL jsonb_array_elements(picked.blocks) AS block
  WHERE NOT (block->>'frozen')::bool AND (block->>'tokens_before')::int > (block->>'tokens_after')::int
  GROUP BY rule
),
read AS (
  SELECT call->>'stage' AS rule, count(*) AS calls, sum((call->>'tokens')::int) AS tokens
  FROM picked CROSS JOIN LATERAL jsonb_array_elements(picked.read_backs) AS call
  WHERE (call->>'found')::bool GROUP BY rule
),
again AS (
  SELECT call->>'stage' AS rule, count(*) AS calls, sum((call->>'tokens')::int) AS tokens
  FROM picked CROSS JOIN LATERAL jsonb_array_elements(picked.re_reads) AS call GROUP BY rule
)
SELECT rule, coalesce(kinds, '{{}}'), coalesce(requests, 0), coalesce(cut.blocks, 0), coalesce(cut.tokens, 0),
       coalesce(read.calls, 0), coalesce(read.tokens, 0), coalesce(again.calls, 0), coalesce(again.tokens, 0)
FROM cut FULL JOIN read USING (rule) FULL JOIN again USING (rule) WHERE rule <> ''
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, by the name of its stage. `read` are calls of `read_back` for what it cut, `again` calls of
    tools whose result it had cut, each with the tokens that they brought."""

    name: str
    kinds: Sequence[str]
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

    @property
    def kind_words(self) -> str:
        return ", ".join(self.kinds)


def rules_of(traces: RequestTraceQuerySet) -> list[Rule]:
    """The rules that cut in the newest of these requests: the most wanted again first, then the most cut."""
    picked = traces.order_by("-id").values("id", "blocks", "read_backs", "re_reads")[:MAX_REQUESTS]
    query, parameters = picked.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(picked=query), parameters)
        found = [Rule(*row) for row in cursor.fetchall()]
    return sorted(found, key=lambda rule: (-rule.wanted_share, -rule.cut, rule.name))
