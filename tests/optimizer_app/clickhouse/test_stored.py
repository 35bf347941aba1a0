"""One contract for traces wherever they are: in PostgreSQL alone, in ClickHouse, or in both."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from optimizer_app.clickhouse.client import Server, server
from optimizer_app.clickhouse.conditions import MAX_IDS
from optimizer_app.clickhouse.copying import copy_waiting, kept_from
from optimizer_app.clickhouse.stored import TraceRows, stored_traces
from optimizer_app.cuts.blocks import Cut, cut_blocks
from optimizer_app.models import Project, RequestTrace, TraceFeedback, UncopiedTraces
from optimizer_app.trace_ids import first_id_at
from optimizer_app.traces.flags import FLAGS
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.clickhouse.ids import id_at
from tests.optimizer_app.traces.records import new_record

NOW = datetime.now(UTC).replace(microsecond=0)
CONVERSATION = id_at(NOW - timedelta(hours=50))
UNIT = uuid.uuid4()
# One request of each, ten hours apart, the newest first.
FIELDS: list[dict[str, Any]] = [
    {"tag": "nightly", "tags": {"customer": "acme"}},
    {"tokens_after": 1000, "why_not": "short", "model": "gpt-5.2"},
    {"fallback_used": True, "tags": {"customer": "acme", "team": "a"}, "holdout_unit": UNIT},
    {"over_budget": "by 20 tokens", "conversation_id": CONVERSATION},
    {"compacted": True, "config_name": "balanced", "config_version": 2},
    {"stages": [{"name": "logs", "status": "failed", "ms": 1, "tokens_cut": 0}], "id": CONVERSATION},
    {"status": "error", "http_status": 502, "usage_input_tokens": None},
    {"status": "interrupted", "usage_is_estimated": True},
    {"re_reads": [], "prompt_name": "summary", "prompt_version": 3},
]  # fmt: skip


def _postgres(project: Project) -> None:
    """Nothing is copied."""


def _clickhouse(project: Project) -> None:
    copy_waiting()
    RequestTrace.objects.filter(id__lt=kept_from(timezone.now())).delete()


def _both(project: Project) -> None:
    """The newer ones are to be copied still, and PostgreSQL keeps these and some that were copied, too."""
    copy_waiting()
    ids = list(RequestTrace.objects.values_list("pk", flat=True)[:7])
    UncopiedTraces.objects.create(first_id=ids[-1], ids=ids)
    (oldest,) = RequestTrace.objects.order_by("id").values_list("pk", flat=True)[:1]
    RequestTrace.objects.filter(pk=oldest).delete()


@pytest.fixture(params=[_postgres, _clickhouse, _both])
def ids(
    request: pytest.FixtureRequest, clickhouse: Server, project: Project, settings: Any
) -> list[uuid.UUID]:
    """The ids of the requests of FIELDS, stored in one of three ways."""
    settings.POSTGRES_TRACE_DAYS = 1
    other = Project.objects.create(name="other")
    times = [NOW - timedelta(hours=10 * number) for number in range(len(FIELDS))]
    records = [
        new_record(project.pk, **{"id": id_at(moment), "created_at": moment, **fields})
        for moment, fields in zip(times, FIELDS, strict=True)
    ]
    store([*records, new_record(other.pk, id=id_at(NOW - timedelta(hours=35)))])
    _give_feedback(project, records[1].id, 1.0)
    _give_feedback(project, records[7].id, -0.5)
    request.param(project)
    return [record.id for record in records]


def _give_feedback(project: Project, trace_id: uuid.UUID, score: float) -> None:
    from optimizer_app.models import ApiKey

    key = ApiKey.issue(project=project, name=str(score))[0]
    TraceFeedback.objects.create(project=project, trace_id=trace_id, api_key=key, score=score)


def _numbers(ids: list[uuid.UUID], found: TraceRows) -> list[int]:
    return [ids.index(trace.pk) for trace in found]


def test_rows_come_by_id(ids: list[uuid.UUID], project: Project) -> None:
    rows = stored_traces().filter(project=project)
    everything = list(range(len(ids)))
    assert _numbers(ids, rows) == _numbers(ids, rows.order_by("-id")) == everything
    assert _numbers(ids, rows.order_by("id")) == everything[::-1]
    assert _numbers(ids, rows[:4]) == everything[:4]
    assert _numbers(ids, rows.order_by("id")[2:5]) == [6, 5, 4]
    assert rows.count() == len(ids)
    assert rows[:4].count() == 4
    assert rows.order_by("id")[0].pk == ids[-1]
    assert not rows.none().exists()
    assert _numbers(ids, rows.filter(id__lt=ids[2])[:2]) == [3, 4]
    assert _numbers(ids, rows.order_by("id").filter(id__gt=ids[4])[:3]) == [3, 2, 1]


CASES: list[tuple[str, Callable[[TraceRows], TraceRows], list[int]]] = [
    ("equal", lambda rows: rows.filter(tag="nightly"), [0]),
    ("two", lambda rows: rows.filter(config_name="balanced", config_version=2), [4]),
    ("tags", lambda rows: rows.filter(tags__contains={"customer": "acme"}), [0, 2]),
    ("not", lambda rows: rows.exclude(status="ok"), [6, 7]),
    ("not a number", lambda rows: rows.filter(id__gte=CONVERSATION).exclude(http_status=502), [*range(6)]),
    ("number", lambda rows: rows.filter(tokens_after__gte=1000), [1]),
    ("null", lambda rows: rows.filter(usage_input_tokens=None), [6]),
    ("or", lambda rows: rows.filter(Q(tag="nightly") | Q(status="error")), [0, 6]),
    ("reason", lambda rows: rows.filter(why_not="short"), [1]),
    ("prompt", lambda rows: rows.filter(prompt_name="summary", prompt_version=3), [8]),
    ("conversation", lambda rows: rows.of_conversation(CONVERSATION), [3]),
    ("since", lambda rows: rows.since(NOW - timedelta(hours=20)), [0, 1, 2]),
    ("until", lambda rows: rows.filter(id__lt=first_id_at(NOW - timedelta(hours=55))), [6, 7, 8]),
    ("lists", lambda rows: rows.exclude(read_backs=[], re_reads=[]), []),
    ("columns", lambda rows: rows.filter(model="gpt-5.2", route="heuristic_only").without_details(), [1]),
]  # fmt: skip


def test_filters(ids: list[uuid.UUID], project: Project) -> None:
    rows = stored_traces().filter(project=project)
    assert {name: _numbers(ids, chosen(rows)) for name, chosen, _ in CASES} == {
        name: expected for name, _, expected in CASES
    }


def test_more_ids_than_one_value_may_have(ids: list[uuid.UUID], project: Project) -> None:
    others = [uuid.uuid4() for _ in range(MAX_IDS - 2)]
    rows = stored_traces().filter(project=project, id__in=[ids[1], *others, ids[8]])
    assert _numbers(ids, rows) == [1, 8]
    units = stored_traces().filter(project=project, holdout_unit__in=[*others, UNIT])
    assert _numbers(ids, units) == [2]


_FLAGGED = {
    "same": [1], "fallback": [2], "budget": [3], "compaction": [4], "failed": [5], "negative": [],
    "error": [6], "interrupted": [7], "liked": [1], "disliked": [7], "kept": [],
}  # fmt: skip


def test_flags(ids: list[uuid.UUID], project: Project) -> None:
    rows = stored_traces().filter(project=project)
    assert {name: _numbers(ids, rows.filter(flag.condition)) for name, flag in FLAGS.items()} == _FLAGGED


def test_columns_and_counts(ids: list[uuid.UUID], project: Project) -> None:
    rows = stored_traces().filter(project=project)
    assert list(rows[:3].values_list("id", "tokens_after")) == [(ids[0], 300), (ids[1], 1000), (ids[2], 300)]
    assert list(rows[:5].streamed("id")) == [(pk,) for pk in ids[:5]]
    counted = rows.counts(("model", "dialect"), Q(status="error"), Q(tags__contains={"customer": "acme"}))
    assert sorted(counted) == [("gpt-4o", "openai", (8, 1, 2)), ("gpt-5.2", "openai", (1, 0, 0))]


def test_blocks_that_a_rule_cut(ids: list[uuid.UUID], project: Project) -> None:
    rows = stored_traces().filter(project=project)
    assert cut_blocks(rows, "logs", "log", 3) == [Cut(pk, 1, 900, 300, 0, 0) for pk in ids[:3]]
    assert len(cut_blocks(rows, "dedupe", "prose", 100)) == len(ids)
    assert cut_blocks(rows, "logs", "prose", 3) == []


def test_one_is_found_by_its_id(ids: list[uuid.UUID], project: Project, admin: User) -> None:
    rows = stored_traces().visible_to(admin).select_related("project")
    for pk in ids:
        found = rows.get(pk=pk)
        assert (found.pk, found.project, found.blocks[0]["stage"]) == (pk, project, "logs")
    with pytest.raises(RequestTrace.DoesNotExist):
        rows.get(pk=uuid.uuid4())
    other = Project.objects.get(name="other")
    assert stored_traces().filter(project=other, pk=ids[0]).first() is None


def test_the_newest_are_found_without_asking_it(clickhouse: Server, project: Project, settings: Any) -> None:
    settings.POSTGRES_TRACE_DAYS = 2
    store([new_record(project.pk), new_record(project.pk)])
    copy_waiting()
    settings.CLICKHOUSE_URL = "http://127.0.0.1:9/not_asked"
    assert len(list(stored_traces().filter(project=project)[:2])) == 2
    assert not server().is_away


def test_while_it_is_away_what_postgresql_keeps_is_found(
    clickhouse: Server, project: Project, settings: Any
) -> None:
    records = [new_record(project.pk) for _ in range(3)]
    store(records)
    copy_waiting()
    settings.CLICKHOUSE_URL = "http://127.0.0.1:9/away"
    rows = stored_traces().filter(project=project)
    assert {trace.pk for trace in rows} == {record.id for record in records}
    assert rows.count() == 3
    assert rows.get(pk=records[0].id).pk == records[0].id
