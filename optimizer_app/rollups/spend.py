"""What providers billed for each kind of token, in SQL: the lines of receipts.

Requests without a receipt have no lines: those that an older version stored, and those without a price.
"""

from __future__ import annotations

from optimizer_app.models import RequestTrace, SpendRollup
from optimizer_app.rollups.tables import Rollup
from optimizer_app.rollups.tags import TAGS, TAGS_THERE

_OF_TRACE = (
    "project_id", "api_key_id", "config_name", "config_version", "provider", "model", "tag", "route",
)  # fmt: skip
_ROWS = f"""
SELECT {", ".join(_OF_TRACE)}, tags, created_at, line->>'kind' AS kind,
  (line->>'tokens')::bigint AS tokens, (line->>'usd')::numeric AS usd
FROM (
  SELECT {", ".join(_OF_TRACE)}, created_at, receipt, {TAGS}
  FROM {RequestTrace._meta.db_table} WHERE {{condition}}
) AS picked CROSS JOIN LATERAL jsonb_array_elements(picked.receipt->'billed') AS line
"""  # noqa: S608 -- the names are constants
_SUMMED = {"tokens": "sum(tokens)::bigint", "usd": "sum(usd)"}

SPEND = Rollup(
    model=SpendRollup,
    rows=_ROWS,
    dimensions=(*_OF_TRACE, "tags", "kind"),
    whole=("project_id", "kind"),
    from_rows={"lines": "count(*)", **_SUMMED},
    in_clickhouse=f"""
    SELECT {", ".join(_OF_TRACE)}, {TAGS_THERE}, created_at, line.kind AS kind, line.tokens AS tokens,
      line.usd AS usd
    FROM picked ARRAY JOIN billed AS line
    """,  # noqa: S608 -- the names are constants
    from_rows_there={"tokens": "sum(tokens)"},
    added={"lines": "sum(lines)::bigint", **_SUMMED},
)
