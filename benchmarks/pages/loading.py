"""Synthetic traces, made by PostgreSQL itself: some hundred thousand a minute, evenly over days up to now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import connection

from optimizer_app.models import ApiKey, OptimizationConfig, Project, RequestTrace
from optimizer_app.traces.partitions import ensure_partitions

PROJECTS = 8
KEYS_A_PROJECT = 3
# The rule, and the kind of blocks, that a request has cut.
CUTS = (("logs", "log"), ("passages", "document"), ("passages", "prose"), ("json", "json"), ("code", "code"))
_TRACES = RequestTrace._meta.db_table

# A key belongs to one client: it keeps to its config, its tag and two models.
_INSERT = f"""
INSERT INTO {_TRACES} (
  id, project_id, api_key_id, created_at, dialect, provider, model, config_name, config_version, tag,
  prompt_name, stream, status, http_status, error, route, tokens_before, tokens_after, tokens_estimated,
  cache_hit,
  fallback_used, fallback_reason, compacted, over_budget, conversation_id, faithfulness_score, latency_ms,
  upstream_ms, total_ms, usage_input_tokens, usage_output_tokens, gross_usd, net_usd, stages, blocks,
  read_backs, re_reads, provider_calls
)
SELECT
  (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8'
    || substr(hash, 4, 15))::uuid,
  (%(projects)s::uuid[])[key / {KEYS_A_PROJECT} + 1], (%(keys)s::uuid[])[key + 1], at, 'openai', 'openai',
  (ARRAY['gpt-4o', 'gpt-5.2', 'claude-sonnet-5', 'claude-haiku-4-5'])[key %% 2 * 2 + 1 + (a < 0.3)::int],
  CASE WHEN key %% 3 = 0 THEN 'safe' ELSE 'balanced' END, 1 + (n > %(count)s / 2)::int,
  CASE WHEN key %% 4 = 0 THEN 'nightly' ELSE '' END, '', b < 0.5,
  CASE WHEN c < 0.004 THEN 'error' WHEN c < 0.006 THEN 'interrupted' ELSE 'ok' END,
  CASE WHEN c < 0.004 THEN 502 ELSE 200 END, '',
  CASE WHEN d < 0.6 THEN 'heuristic_only' WHEN d < 0.7 THEN 'heuristic+compression'
    WHEN d < 0.95 THEN 'cache' ELSE 'bypass' END,
  before, CASE WHEN d >= 0.95 THEN before ELSE (before * (0.2 + 0.6 * e))::int END, key %% 2 = 1,
  d BETWEEN 0.7 AND 0.95, e > 0.995, CASE WHEN e > 0.995 THEN 'a directive is missing' ELSE '' END,
  e < 0.002, '',
  NULL, CASE WHEN d BETWEEN 0.6 AND 0.7 THEN 0.7 + 0.3 * a END,
  CASE WHEN d >= 0.95 THEN 0 ELSE 2 + 60 * a * a + (c > 0.99)::int * 900 * b END,
  900 + 4000 * b, 1000 + 4000 * b,
  before / 2, 300, before * 0.0000012, before * 0.000001 * (e - 0.02),
  CASE WHEN c > 0.999 THEN %(failed)s::jsonb ELSE %(stages)s::jsonb END,
  (%(blocks)s::jsonb[])[n %% {len(CUTS)} + 1],
  CASE WHEN b < 0.01 THEN (%(read_backs)s::jsonb[])[n %% {len(CUTS)} + 1] ELSE '[]'::jsonb END, '[]', '[]'
FROM (
  SELECT n, %(start)s + n * %(step)s AS at, md5(n::text || %(start)s::text) AS hash,
    floor(power(random(), 2) * {PROJECTS * KEYS_A_PROJECT})::int AS key,
    (200 + 30000 * power(random(), 3))::int AS before,
    random() AS a, random() AS b, random() AS c, random() AS d, random() AS e
  FROM generate_series(0, %(count)s - 1) AS n
) AS drawn
"""
_STAGES = """[{"name": "dedupe", "status": "ran", "ms": 1.5, "tokens_cut": 40, "reason": ""},
  {"name": "logs", "status": "ran", "ms": 6.1, "tokens_cut": 900, "reason": "cut to its errors"},
  {"name": "target", "status": "%s", "ms": 9.0, "tokens_cut": 700, "reason": ""}]"""
_BLOCK = """{{"id": "{number}", "type": "user", "kind": "{kind}", "fate": "{fate}", "frozen": false,
  "stage": "{rule}", "turn": 1, "reason": "cut to what is asked", "tokens_before": 900,
  "tokens_after": {after}}}"""
_READ_BACK = """[{{"round": 1, "handle": "482193", "found": true, "block": "1", "stage": "{rule}",
  "tokens": 120}}]"""


def _blocks(rule: str, kind: str) -> str:
    """One that was kept, and two that the rule cut."""
    fates = (("kept", "", 900), ("rewritten", rule, 300), ("dropped", rule, 0))
    rows = [
        _BLOCK.format(number=number, kind=kind, fate=fate, rule=by, after=after)
        for number, (fate, by, after) in enumerate(fates)
    ]
    return f"[{', '.join(rows)}]"


def load_traces(count: int, days: int, now: datetime) -> Iterator[int]:
    """Store `count` traces over the last `days`; yields how many there are after each day."""
    projects, keys = _senders()
    first = datetime.combine(now.date() - timedelta(days=days - 1), time.min, UTC)
    step = (now - first) / count
    loaded = 0
    for day in range(days):
        start = first + step * loaded
        up_to = min(count, int((first + timedelta(days=day + 1) - first) / step))
        ensure_partitions([start.date(), (first + timedelta(days=day)).date()])
        with connection.cursor() as cursor:
            cursor.execute(
                _INSERT,
                {
                    "projects": projects,
                    "keys": keys,
                    "start": start,
                    "step": step,
                    "count": up_to - loaded,
                    "stages": _STAGES % "ran",
                    "failed": _STAGES % "failed",
                    "blocks": [_blocks(rule, kind) for rule, kind in CUTS],
                    "read_backs": [_READ_BACK.format(rule=rule) for rule, _ in CUTS],
                },
            )
        loaded = up_to
        yield loaded


def _senders() -> tuple[list[str], list[str]]:
    """The ids of the projects and of their keys."""
    projects, keys = [], []
    for number in range(PROJECTS):
        project = Project.objects.create(name=f"project-{number + 1}")
        OptimizationConfig.objects.create(project=project, name="balanced", is_default=True)
        projects.append(str(project.pk))
        for name in range(KEYS_A_PROJECT):
            keys.append(str(ApiKey.issue(project=project, name=f"client-{name + 1}")[0].pk))
    return projects, keys


def add_large_request(blocks: int, turns: int) -> RequestTrace:
    """A request of one project with so many blocks, half of them sent before."""
    now = datetime.now(UTC)
    ensure_partitions([now.date()])
    rows = [_large_block(number, blocks, turns) for number in range(blocks)]
    before, after = (sum(row[f"tokens_{name}"] for row in rows) for name in ("before", "after"))
    return RequestTrace.objects.create(
        project=Project.objects.get(name="project-1"),
        created_at=now,
        dialect="openai",
        provider="openai",
        model="gpt-5.2",
        config_name="balanced",
        config_version=1,
        status="ok",
        http_status=200,
        route="heuristic_only",
        tokens_before=before,
        tokens_after=after,
        latency_ms=180.0,
        usage_input_tokens=after,
        gross_usd="0.4",
        net_usd="0.3",
        stages=json.loads(_STAGES % "ran"),
        blocks=rows,
    )


def _large_block(number: int, count: int, turns: int) -> dict[str, Any]:
    """Every fate in turn, and no neighbours alike, as they would be folded."""
    fate, after = (("kept", 900), ("rewritten", 300), ("dropped", 0))[number % 3]
    return {
        "id": f"b{number}",
        "type": "user" if number % 2 else "tool",
        "kind": "log" if number % 2 else "json",
        "fate": fate,
        "frozen": number < count // 2,
        "stage": "" if fate == "kept" else "logs",
        "reason": "" if fate == "kept" else f"cut to its errors and lines about the question {number}",
        "tokens_before": 900,
        "tokens_after": after,
        "turn": number * turns // count,
    }
