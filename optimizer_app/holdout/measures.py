"""Sums over the conversations of both groups, in SQL: of each metric what its mean and its variance need.

A metric is a ratio of two sums: what is counted, and of how many. A conversation gives one pair of them,
since its requests are not independent of each other. The same SQL does so in PostgreSQL and in ClickHouse,
where only a request's columns are read in other words. PostgreSQL has whole conversations: of those that
have requests in both, what ClickHouse has is counted there, and not here.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import add, sub
from typing import Any

from django.db.models import Q

from optimizer_app.clickhouse.conditions import MAX_IDS
from optimizer_app.clickhouse.rows import ClickHouseRows
from optimizer_app.clickhouse.stored import ask_both, stored_traces
from optimizer_app.holdout.feedback import feedback_sums
from optimizer_app.holdout.sums import GroupSums, Sums
from optimizer_app.models.traces.trace import RequestTraceQuerySet
from optimizer_app.rollups.windows import Window

# The same body again within this time is tried again, and no new question.
RETRY_MINUTES = 10
# What is counted of a conversation, and of how many. Feedback is summed elsewhere.
_METRICS = {
    "cost": ("all_usd * priced", "priced"),
    "requests": ("requests", "1"),
    "input_tokens": ("input_tokens", "1"),
    "output_tokens": ("output_tokens", "has_output"),
    "latency": ("all_ms", "timed"),
    "errors": ("errors", "requests"),
    "cut_off": ("cut_off", "finished"),
    "invalid_calls": ("invalid_calls", "made_calls"),
    "repeated_calls": ("repeated_calls", "requests"),
    "retries": ("retries", "requests"),
}
_NAMES = (
    "id", "created_at", "holdout_group", "holdout_unit", "status", "billed_usd", "usage_input_tokens",
    "tokens_after", "usage_output_tokens", "total_ms",
)  # fmt: skip
_COLUMNS = (*_NAMES, "outcome")
# With requests from ClickHouse, which are given as one value.
_IN_POSTGRES = f"""
, asked AS (
  SELECT {", ".join(_NAMES)}, outcome->>'finish' AS finish, (outcome->>'digest')::bigint AS digest,
    (outcome->>'calls')::int AS calls, (outcome->>'invalid')::int AS invalid,
    (outcome->>'repeated')::int AS repeated, coalesce(billed_usd, 0) AS usd
  FROM (
    SELECT {", ".join(_COLUMNS)} FROM picked UNION ALL
    SELECT * FROM jsonb_to_recordset(%s) AS copied (
      id uuid, created_at timestamptz, holdout_group text, holdout_unit uuid, status text, billed_usd numeric,
      usage_input_tokens int, tokens_after int, usage_output_tokens int, total_ms float8, outcome jsonb
    )
  ) AS of_both
)
"""  # noqa: S608 -- the names are constants
_OUTCOME = "ifNull(outcome, '')"
_IN_CLICKHOUSE = f"""
, asked AS (
  SELECT {", ".join(_NAMES)}, JSONExtractString({_OUTCOME}, 'finish') AS finish,
    JSONExtract({_OUTCOME}, 'digest', 'Nullable(Int64)') AS digest,
    JSONExtractInt({_OUTCOME}, 'calls') AS calls, JSONExtractInt({_OUTCOME}, 'invalid') AS invalid,
    JSONExtractInt({_OUTCOME}, 'repeated') AS repeated, ifNull(billed_usd, toDecimal64(0, 9)) AS usd
  FROM picked
)
"""  # noqa: S608 -- the names are constants
# A frame in the place of lag(), which ClickHouse has since 25.6 only.
_UNITS = f"""
, again AS (
  SELECT *, max(created_at) OVER (
    PARTITION BY holdout_unit, digest ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING
  ) AS sent_before
  FROM asked
), units AS (
  SELECT holdout_group, count(*) AS requests,
    CAST(sum(usd) AS DOUBLE PRECISION) AS all_usd,
    CASE WHEN count(*) = count(billed_usd) THEN 1 ELSE 0 END AS priced,
    sum(coalesce(usage_input_tokens, tokens_after)) AS input_tokens,
    coalesce(sum(usage_output_tokens), 0) AS output_tokens,
    CASE WHEN count(usage_output_tokens) > 0 THEN 1 ELSE 0 END AS has_output,
    coalesce(sum(total_ms), 0) AS all_ms, count(total_ms) AS timed,
    count(*) FILTER (WHERE status = 'error') AS errors,
    count(*) FILTER (WHERE finish = 'length') AS cut_off, count(*) FILTER (WHERE finish <> '') AS finished,
    sum(coalesce(calls, 0)) AS made_calls, sum(coalesce(invalid, 0)) AS invalid_calls,
    sum(coalesce(repeated, 0)) AS repeated_calls,
    count(*) FILTER (WHERE created_at <= sent_before + INTERVAL '{RETRY_MINUTES}' MINUTE) AS retries
  FROM again GROUP BY holdout_group, holdout_unit
)
"""  # noqa: S608 -- the names are constants
_FINISHES = """
SELECT holdout_group, finish, count(*) FROM asked WHERE finish <> '' GROUP BY holdout_group, finish
"""


def _moments(counted: str, of: str) -> str:
    counted, of = (f"CAST({name} AS DOUBLE PRECISION)" for name in (counted, of))
    return (
        f"count(*) FILTER (WHERE {of} > 0), sum({counted}), sum({of}), sum({counted} * {counted}), "
        f"sum({of} * {of}), sum({counted} * {of})"
    )


_GROUPS = (
    f"{_UNITS} SELECT holdout_group, count(*), sum(requests), "  # noqa: S608 -- the names are constants
    f"{', '.join(_moments(*metric) for metric in _METRICS.values())} FROM units GROUP BY holdout_group"
)
_COLUMNS_A_METRIC = 6
# Of each group: its conversations, its requests, and the moments of each metric, to be added and subtracted.
_Numbers = dict[str, list[Any]]


def group_sums(project_id: uuid.UUID, config_name: str, window: Window) -> dict[str, GroupSums]:
    """The sums of each group that has any requests."""
    of_config = stored_traces().filter(~Q(holdout_group=""), project=project_id, config_name=config_name)
    traces = window.of(of_config).order_by()
    numbers, finishes = ask_both(traces, _summed, is_counted=True)
    feedback = feedback_sums(traces, project_id, window.ids)
    return {
        group: _group(row, finishes.get(group, {}), feedback.get(group))
        for group, row in numbers.items()
        if row[0]
    }


def _summed(
    recent: RequestTraceQuerySet, older: ClickHouseRows | None
) -> tuple[_Numbers, dict[str, dict[str, int]]]:
    """The numbers of both groups, and how often each reason ended their requests."""
    numbers: _Numbers = {}
    copied: list[tuple[Any, ...]] = []
    finishes = recent.picked(_COLUMNS, _IN_POSTGRES + _FINISHES, ["[]"])
    if older is not None:
        numbers = _numbers(_there(older, _GROUPS))
        finishes += _there(older, _FINISHES)
        units = list(recent.values_list("holdout_unit", flat=True).distinct())
        for at in range(0, len(units), MAX_IDS):
            in_both = older.filter(holdout_unit__in=units[at : at + MAX_IDS])
            numbers = _combined(sub, numbers, _numbers(_there(in_both, _GROUPS)))
            copied += in_both.values(*_COLUMNS)
    given = json.dumps([dict(zip(_COLUMNS, row, strict=True)) for row in copied], default=str)
    whole = _numbers(recent.picked(_COLUMNS, _IN_POSTGRES + _GROUPS, [given]))
    return _combined(add, numbers, whole), _reasons(finishes)


def _there(rows: ClickHouseRows, query: str) -> list[Sequence[Any]]:
    return rows.picked(", ".join(_COLUMNS), _IN_CLICKHOUSE + query, {})


def _numbers(rows: Iterable[Sequence[Any]]) -> _Numbers:
    return {group: [float(number) for number in numbers] for group, *numbers in rows}


def _combined(combine: Any, one: _Numbers, other: _Numbers) -> _Numbers:
    nothing = [0.0] * (2 + len(_METRICS) * _COLUMNS_A_METRIC)
    return {
        group: list(map(combine, one.get(group, nothing), other.get(group, nothing))) for group in one | other
    }


def _reasons(rows: Iterable[Sequence[Any]]) -> dict[str, dict[str, int]]:
    """Of each group, the most frequent first."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for group, reason, count in rows:
        found[group][reason] += count
    return {
        group: dict(sorted(counts.items(), key=lambda row: (-row[1], row[0])))
        for group, counts in found.items()
    }


def _group(numbers: Sequence[Any], finish_reasons: Mapping[str, int], feedback: Sums | None) -> GroupSums:
    conversations, requests, *moments = numbers
    parts = [moments[at : at + _COLUMNS_A_METRIC] for at in range(0, len(moments), _COLUMNS_A_METRIC)]
    sums = {name: Sums(round(units), *rest) for name, (units, *rest) in zip(_METRICS, parts, strict=True)}
    given = {} if feedback is None else {"feedback": feedback}
    return GroupSums(round(conversations), round(requests), finish_reasons, sums | given)
