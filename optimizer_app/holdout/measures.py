"""Sums over the conversations of both groups, in SQL: of each metric what its mean and its variance need.

A metric is a ratio of two sums: what is counted, and of how many. A conversation gives one pair of them,
since its requests are not independent of each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections

from optimizer_app.models import RequestTrace, TraceFeedback
from optimizer_app.replica.router import trace_alias
from optimizer_app.rollups.windows import Window
from optimizer_app.trace_ids import first_id_at

# The same body again within this time is tried again, and no new question.
RETRY_WITHIN = "10 minutes"


@dataclass(frozen=True, slots=True)
class Sums:
    """Of the conversations that have any of what a metric is of: how many they are, the sums of `counted` and
    `of`, and those of their squares and products."""

    units: int
    counted: float
    of: float
    counted_squared: float
    of_squared: float
    product: float


@dataclass(frozen=True, slots=True)
class GroupSums:
    """One group: its conversations, requests and reasons of endings, and the sums of each metric."""

    conversations: int
    requests: int
    finish_reasons: Mapping[str, int]
    sums: Mapping[str, Sums]


EMPTY_GROUP = GroupSums(0, 0, {}, {})
# What is counted of a conversation, and of how many.
_METRICS = {
    "cost": ("CASE WHEN priced THEN usd ELSE 0 END", "priced::int"),
    "requests": ("requests", "1"),
    "input_tokens": ("input_tokens", "1"),
    "output_tokens": ("output_tokens", "has_output"),
    "latency": ("total_ms", "timed"),
    "errors": ("errors", "requests"),
    "cut_off": ("cut_off", "finished"),
    "invalid_calls": ("invalid", "calls"),
    "repeated_calls": ("repeated", "requests"),
    "retries": ("retries", "requests"),
    "feedback": ("score", "scored"),
}
_UNITS = f"""
WITH requests AS (
  SELECT id, created_at, holdout_group, holdout_unit, status, billed_usd, usage_input_tokens, tokens_after,
    usage_output_tokens, total_ms, outcome->>'finish' AS finish, (outcome->>'calls')::int AS calls,
    (outcome->>'invalid')::int AS invalid, (outcome->>'repeated')::int AS repeated,
    lag(created_at) OVER (PARTITION BY holdout_unit, outcome->>'digest' ORDER BY id) AS sent_before,
    (SELECT avg(score) FROM {TraceFeedback._meta.db_table} AS said
      WHERE said.project_id = trace.project_id AND said.trace_id = trace.id) AS score
  FROM {RequestTrace._meta.db_table} AS trace
  WHERE project_id = %s AND config_name = %s AND holdout_group <> '' AND id >= %s AND id < %s
), units AS (
  SELECT holdout_group, count(*) AS requests,
    sum(billed_usd)::float8 AS usd, bool_and(billed_usd IS NOT NULL) AS priced,
    sum(coalesce(usage_input_tokens, tokens_after)) AS input_tokens,
    coalesce(sum(usage_output_tokens), 0) AS output_tokens,
    (count(usage_output_tokens) > 0)::int AS has_output,
    coalesce(sum(total_ms), 0) AS total_ms, count(total_ms) AS timed,
    count(*) FILTER (WHERE status = 'error') AS errors,
    count(*) FILTER (WHERE finish = 'length') AS cut_off, count(*) FILTER (WHERE finish <> '') AS finished,
    sum(coalesce(calls, 0)) AS calls, sum(coalesce(invalid, 0)) AS invalid,
    sum(coalesce(repeated, 0)) AS repeated,
    count(*) FILTER (WHERE created_at - sent_before <= interval '{RETRY_WITHIN}') AS retries,
    coalesce(sum(score), 0) AS score, count(score) AS scored
  FROM requests GROUP BY holdout_group, holdout_unit
)
"""  # noqa: S608 -- the names are constants
_FINISHES = f"""
SELECT holdout_group, outcome->>'finish', count(*) FROM {RequestTrace._meta.db_table}
WHERE project_id = %s AND config_name = %s AND holdout_group <> '' AND id >= %s AND id < %s
  AND outcome->>'finish' <> '' GROUP BY 1, 2 ORDER BY 3 DESC, 2
"""  # noqa: S608 -- the names are constants


def _moments(counted: str, of: str) -> str:
    counted, of = f"({counted})::float8", f"({of})::float8"
    return (
        f"count(*) FILTER (WHERE {of} > 0), sum({counted}), sum({of}), sum({counted} ^ 2), sum({of} ^ 2), "
        f"sum({counted} * {of})"
    )


_GROUPS = (
    f"{_UNITS} SELECT holdout_group, count(*), sum(requests)::bigint, "  # noqa: S608 -- the names are constants
    f"{', '.join(_moments(*metric) for metric in _METRICS.values())} FROM units GROUP BY holdout_group"
)
_COLUMNS_A_METRIC = 6


def group_sums(project_id: uuid.UUID, config_name: str, window: Window) -> dict[str, GroupSums]:
    """The sums of each group that has any requests."""
    values: list[Any] = [project_id, config_name, first_id_at(window.start), first_id_at(window.end)]
    with connections[trace_alias()].cursor() as cursor:
        cursor.execute(_FINISHES, values)
        finishes: dict[str, dict[str, int]] = {}
        for group, reason, count in cursor.fetchall():
            finishes.setdefault(group, {})[reason] = count
        cursor.execute(_GROUPS, values)
        return {row[0]: _group(row, finishes.get(row[0], {})) for row in cursor.fetchall()}


def _group(row: tuple[Any, ...], finish_reasons: Mapping[str, int]) -> GroupSums:
    _, conversations, requests, *moments = row
    parts = [moments[at : at + _COLUMNS_A_METRIC] for at in range(0, len(moments), _COLUMNS_A_METRIC)]
    sums = {name: Sums(*part) for name, part in zip(_METRICS, parts, strict=True)}
    return GroupSums(conversations, requests, finish_reasons, sums)
