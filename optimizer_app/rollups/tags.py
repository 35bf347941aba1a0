"""What requests were billed and saved by their tags, in SQL: one row for each set of tags."""

from __future__ import annotations

from optimizer_app.models import RequestTrace, TagRollup
from optimizer_app.rollups.measures import BREAKPOINTS, MONEY, MONEY_THERE, PRICED
from optimizer_app.rollups.tables import Rollup

# Some clients send tags that never come again, as a request's id. Sets beyond so many of a project in a span
# count as one of its own, so that rollups stay few.
MAX_SETS = 1_000
OTHER = "(other)"
# The tags of a trace. Braces are doubled, since a condition is formatted into the statement that holds it.
TAGS = f"""
  CASE WHEN dense_rank() OVER (PARTITION BY project_id ORDER BY tags) <= {MAX_SETS} THEN tags
  ELSE '{{{{"{OTHER}": "more than {MAX_SETS} sets"}}}}'::jsonb END AS tags
"""
# The same in ClickHouse; which sets are left over there is its own.
TAGS_THERE = f"""
  if(dense_rank() OVER (PARTITION BY project_id ORDER BY tags) <= {MAX_SETS}, tags,
    '{{"{OTHER}": "more than {MAX_SETS} sets"}}') AS tags
"""
_OF_TRACE = (
    "project_id", "api_key_id", "config_name", "config_version", "provider", "model", "tag", "route",
)  # fmt: skip
_SUMMED = {**MONEY, "requests": "count(*)", "priced": "count(*) FILTER (WHERE is_priced)"}

TAGGED = Rollup(
    model=TagRollup,
    rows=f"""
    SELECT {", ".join(_OF_TRACE)}, created_at, gross_usd, net_usd, read_back_usd, billed_usd,
      {BREAKPOINTS} AS breakpoints_usd, {PRICED} AS is_priced, {TAGS}
    FROM {RequestTrace._meta.db_table} WHERE {{condition}}
    """,  # noqa: S608 -- the names are constants
    dimensions=(*_OF_TRACE, "tags"),
    whole=("project_id", "tags"),
    from_rows=_SUMMED,
    from_rows_there=MONEY_THERE,
    in_clickhouse=f"""
    SELECT {", ".join(_OF_TRACE)}, created_at, gross_usd, net_usd, read_back_usd, billed_usd, breakpoints_usd,
      {PRICED} AS is_priced, {TAGS_THERE}
    FROM picked
    """,  # noqa: S608 -- the names are constants
    added={name: f"sum({name})" + ("" if name in MONEY else "::bigint") for name in _SUMMED},
)
