"""What rules cut from blocks, and what of that was wanted again, in SQL.

A block that is frozen was cut by an earlier request, where it is counted; what that saves on each later
request, too, is in the money, which receipts say. What was wanted again counts with
the rule that had cut it, and with the kind of the block, as the same trace has it: "" where it has not.
"""

from __future__ import annotations

from optimizer_app.models import CutRollup, RequestTrace
from optimizer_app.rollups.tables import Rollup

_OF_TRACE = ("project_id", "api_key_id", "config_name", "config_version", "model", "tag", "route")
_COUNTED = ("blocks", "cut", "read_calls", "read_tokens", "again_calls", "again_tokens")
_MONEY = ("gross_usd", "net_usd", "read_back_usd", "re_read_usd")
_SUMMED = (*_COUNTED, *_MONEY)
_NO_MONEY = "0, 0, 0, 0"
_PAID = f"""
  SELECT saving->>'rule', saving->>'kind', 0, 0, 0, 0, 0, 0,
    {", ".join(f"(saving->>'{name}')::numeric" for name in _MONEY)}
  FROM jsonb_array_elements(picked.receipt->'rules') AS saving
"""  # noqa: S608 -- the names are constants
_WANTED = """
  SELECT call->>'stage', coalesce((
      SELECT block->>'kind' FROM jsonb_array_elements(picked.blocks) AS block
      WHERE block->>'id' = call->>'block' LIMIT 1
    ), ''), {sums}, {no_money}
  FROM jsonb_array_elements(picked.{column}) AS call WHERE coalesce((call->>'found')::bool, true)
"""
_TOKENS = "(call->>'tokens')::int"
_ROWS = f"""
SELECT {", ".join(_OF_TRACE)}, created_at, cut.*
FROM (
  SELECT {", ".join(_OF_TRACE)}, created_at, blocks, read_backs, re_reads, receipt
  FROM {RequestTrace._meta.db_table} WHERE {{condition}}
) AS picked CROSS JOIN LATERAL (
  SELECT rule, kind, {", ".join(f"sum({name}) AS {name}" for name in _SUMMED)}
  FROM (
    SELECT block->>'stage' AS rule, coalesce(block->>'kind', '') AS kind, 1 AS blocks,
      (block->>'tokens_before')::int - (block->>'tokens_after')::int AS cut,
      0 AS read_calls, 0 AS read_tokens, 0 AS again_calls, 0 AS again_tokens,
      {", ".join(f"0::numeric AS {name}" for name in _MONEY)}
    FROM jsonb_array_elements(picked.blocks) AS block
    WHERE NOT (block->>'frozen')::bool AND (block->>'tokens_before')::int > (block->>'tokens_after')::int
    UNION ALL {_WANTED.format(column="read_backs", sums=f"0, 0, 1, {_TOKENS}, 0, 0", no_money=_NO_MONEY)}
    UNION ALL {_WANTED.format(column="re_reads", sums=f"0, 0, 0, 0, 1, {_TOKENS}", no_money=_NO_MONEY)}
    UNION ALL {_PAID}
  ) AS parts WHERE rule <> '' GROUP BY rule, kind
) AS cut
"""  # noqa: S608 -- the names are constants

_KIND = "cut_blocks[indexOf(cut_blocks.id, call.block)].kind"
_NO_MONEY_THERE = ", ".join(["toDecimal64(0, 12)"] * len(_MONEY))
# In ClickHouse: a part for each block that was cut, each call for one, and each saving of a receipt.
_PARTS_THERE = f"""
arrayConcat(
  arrayMap(block -> (block.stage, block.kind, 1, block.tokens_before - block.tokens_after, 0, 0, 0, 0,
    {_NO_MONEY_THERE}),
    arrayFilter(block -> NOT block.frozen AND block.tokens_before > block.tokens_after, cut_blocks)),
  arrayMap(call -> (call.stage, {_KIND}, 0, 0, 1, call.tokens, 0, 0,
    {_NO_MONEY_THERE}), arrayFilter(call -> call.found, wanted_blocks)),
  arrayMap(call -> (call.stage, {_KIND}, 0, 0, 0, 0, 1, call.tokens,
    {_NO_MONEY_THERE}), again_blocks),
  arrayMap(saving -> (saving.rule, saving.kind, 0, 0, 0, 0, 0, 0,
    {", ".join(f"saving.{name}" for name in _MONEY)}), saved)
)
"""
_PART_SUMS = ", ".join(f"sum(part.{place}) AS {name}" for place, name in enumerate(_SUMMED, 3))
_ROWS_THERE = f"""
SELECT {", ".join(_OF_TRACE)}, created_at, rule, kind, {_PART_SUMS}
FROM (
  SELECT {", ".join(_OF_TRACE)}, created_at, id, part, part.1 AS rule, part.2 AS kind
  FROM picked ARRAY JOIN {_PARTS_THERE} AS part
)
WHERE rule <> '' GROUP BY {", ".join(_OF_TRACE)}, created_at, id, rule, kind
"""  # noqa: S608 -- the names are constants

_SUMS = {
    **{name: f"sum({name})::bigint" for name in _COUNTED},
    **{name: f"sum({name})" for name in _MONEY},
}

CUTS = Rollup(
    model=CutRollup,
    rows=_ROWS,
    dimensions=(*_OF_TRACE, "rule", "kind"),
    whole=("project_id", "rule", "kind"),
    from_rows={
        "requests": "count(*) FILTER (WHERE blocks > 0)",
        **_SUMS,
    },
    in_clickhouse=_ROWS_THERE,
    from_rows_there={name: f"sum({name})" for name in _COUNTED},
    added={"requests": "sum(requests)::bigint", **_SUMS},
)
