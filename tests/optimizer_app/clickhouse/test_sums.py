"""Sums of traces are the same wherever the traces are."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optimizer_app.clickhouse.client import Server
from optimizer_app.clickhouse.copying import copy_waiting
from optimizer_app.models import ApiKey, Project, RequestTrace, UncopiedTraces
from optimizer_app.rollups.cuts import CUTS
from optimizer_app.rollups.measures import TRACES
from optimizer_app.rollups.reading import Selection, Stretch, sums
from optimizer_app.rollups.spend import SPEND
from optimizer_app.rollups.tables import Rollup
from optimizer_app.rollups.tags import TAGGED
from optimizer_app.traces.record import ReadBackRecord, ReReadRecord, TraceRecord
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.clickhouse.ids import id_at
from tests.optimizer_app.traces.records import BLOCKS, new_record

NOW = datetime.now(UTC).replace(microsecond=0)
BY: list[tuple[Rollup, Sequence[Sequence[str]]]] = [
    (TRACES, [(), ("bucket",), ("project_id", "api_key_id", "config_version", "model", "fallback_reason")]),
    (CUTS, [(), ("rule", "kind"), ("bucket", "rule", "route")]),
    (SPEND, [("kind",), ("bucket", "project_id", "api_key_id", "tag", "tags", "provider", "model", "kind")]),
    (TAGGED, [("tags",), ("bucket", "api_key_id", "tags")]),
]


def _record(project: Project, key: ApiKey, drawn: random.Random) -> TraceRecord:
    """A request of the last two hours, of any kind."""
    moment = NOW - timedelta(seconds=drawn.randrange(7200))
    trace_id = id_at(moment)
    before = drawn.choice([0, 1, 400, 1000, 3333])
    return new_record(
        project.pk,
        id=trace_id,
        created_at=moment,
        api_key_id=drawn.choice([None, key.pk]),
        provider=drawn.choice(["openai", "other"]),
        model=drawn.choice(["gpt-4o", "gpt-5-mini", "unknown-1"]),
        config_name=drawn.choice(["", "balanced"]),
        config_version=drawn.choice([None, 1, 2]),
        tag=drawn.choice(["", "nightly"]),
        tags=drawn.choice([{}, {"customer": "acme", "team": "ü"}]),
        route=drawn.choice(["bypass", "heuristic_only", "cache"]),
        status=drawn.choice(["ok", "ok", "error", "interrupted"]),
        tokens_before=before,
        tokens_after=drawn.choice([before, before // 2, before // 3, before + 10]),
        tokens_estimated=drawn.random() < 0.3,
        latency_ms=drawn.choice([0.1, 0.5, 3.3, 59.0, 1e6]),
        fallback_used=(fell_back := drawn.random() < 0.3),
        fallback_reason="too slow" if fell_back else "",
        over_budget=drawn.choice(["", "by 3 tokens"]),
        compacted=drawn.random() < 0.2,
        cache_hit=drawn.random() < 0.3,
        prompt_digest=drawn.choice([None, 1, 2]),
        continues=drawn.random() < 0.5,
        conversation_id=drawn.choice([None, trace_id, uuid.uuid4()]),
        faithfulness_score=drawn.choice([None, 0.0, 0.05, 0.3, 0.999, 1.0]),
        why_not=drawn.choice(["", "short", "off"]),
        usage_input_tokens=drawn.choice([None, 300, 7]),
        usage_cached_tokens=drawn.choice([None, 5]),
        stages=[{"name": "logs", "status": drawn.choice(["ran", "failed"]), "ms": 1.0, "tokens_cut": 3}],
        blocks=[{**block, "frozen": drawn.random() < 0.3} for block in BLOCKS],
        read_backs=drawn.choice([[], [ReadBackRecord(1, "123", drawn.random() < 0.5, "1", "logs", 12)]]),
        re_reads=drawn.choice(
            [[], [ReReadRecord("grep", "logs", 1, 40, "2"), ReReadRecord("ls", "json", 1, 7)]]
        ),
    )


def _all_sums(project_ids: tuple[uuid.UUID, ...], **chosen: Any) -> dict[tuple[Any, ...], Any]:
    """Each measure of each group of each rollup."""
    stretch = Stretch(NOW - timedelta(hours=2), NOW + timedelta(seconds=1), timedelta(minutes=15))
    selection = Selection(project_ids, **chosen)
    return {
        (rollup.table, *by, *(str(row[name]) for name in by), measure): row[measure]
        for rollup, groups in BY
        for by in groups
        for row in sums(selection, stretch, by, tuple(rollup.added), rollup)
        for measure in rollup.added
    }


@pytest.mark.parametrize("copied", ["all", "half"])
def test_sums_are_the_same(clickhouse: Server, project: Project, settings: Any, copied: str) -> None:
    other = Project.objects.create(name="other")
    key = ApiKey.issue(project=project, name="one")[0]
    drawn = random.Random(7)
    store([_record(drawn.choice([project, other]), key, drawn) for _ in range(400)])
    url, settings.CLICKHOUSE_URL = settings.CLICKHOUSE_URL, ""
    both = project.pk, other.pk
    asked: list[dict[str, Any]] = [
        {"project_ids": both},
        {"project_ids": (project.pk,)},
        {"project_ids": both, "model": "gpt-4o", "api_key_id": key.pk},
    ]
    expected = [_all_sums(**each) for each in asked]
    settings.CLICKHOUSE_URL = url
    copy_waiting()
    if copied == "half":
        middle = RequestTrace.objects.order_by("id").values_list("id", flat=True)[200]
        UncopiedTraces.objects.create(first_id=middle, ids=[middle])
        RequestTrace.objects.filter(id__lt=middle).delete()
    else:
        RequestTrace.objects.all().delete()
    for each, known in zip(asked, expected, strict=True):
        found = _all_sums(**each)
        assert {
            name: (found.get(name), known.get(name))
            for name in known | found
            if found.get(name) != known.get(name)
        } == {}
