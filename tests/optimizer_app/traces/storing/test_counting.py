"""What metrics count of traces, and that each is counted once."""

from __future__ import annotations

import uuid
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from optimizer_app.models import MetricSeries, Project
from optimizer_app.system.gauges import metrics_page
from optimizer_app.traces.record import AttemptRecord, ReadBackRecord, ReReadRecord
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.metrics.readings import reading
from tests.optimizer_app.traces.records import new_record


def read(name: str, **labels: str) -> float:
    return reading(metrics_page(), name, **labels)


def test_a_request_in_every_metric(project: Project) -> None:
    read_backs = [
        ReadBackRecord(1, "7", True, "1", "logs", 50),
        ReadBackRecord(1, "8", False, "1", "logs", 0),
    ]
    record = new_record(
        project.id,
        cache_hit=True,
        fallback_used=True,
        compacted=True,
        why_not="too_short",
        read_backs=read_backs,
        re_reads=[ReReadRecord("grep", "dedupe", 1, 20)],
        first_byte_ms=150.0,
        attempts=[AttemptRecord("first", status=503), AttemptRecord("openai", status=200)],
    )
    store([record])
    model = {"project": "Ours", "provider": "openai", "model": "gpt-4o"}
    assert read("requests_total", **model, dialect="openai", status="ok", status_class="2xx") == 1
    assert read("prompt_tokens_before_total", **model) == 1000
    assert read("prompt_tokens_after_total", **model) == 300
    assert read("prompt_tokens_saved_total", **model) == 700
    assert read("billed_tokens_total", **model, kind="input") == 305
    assert read("billed_tokens_total", **model, kind="output") == 20
    assert read("billed_usd_total", **model) == pytest.approx(305 * 2.5e-6 + 20 * 10e-6)
    assert read("saved_usd_total", **model) > 0
    for name in ("optimizer_cache_hits", "fallbacks", "compactions"):
        assert read(f"{name}_total", project="Ours") == 1, name
    assert read("not_smaller_total", project="Ours", reason="too_short") == 1
    assert read("read_backs_total", project="Ours", stage="logs", found="yes") == 1
    assert read("read_backs_total", project="Ours", stage="logs", found="no") == 1
    assert read("re_reads_total", project="Ours", stage="dedupe") == 1
    assert read("stage_runs_total", stage="logs", status="ran") == 1
    assert read("stage_tokens_cut_total", stage="logs") == 600
    assert read("provider_attempts_total", provider="first", code="503") == 1
    assert read("provider_attempts_total", provider="openai", code="200") == 1
    assert read("stage_duration_seconds_sum", stage="logs") == pytest.approx(0.00125)
    assert read("optimization_duration_seconds_bucket", route="heuristic_only", le="0.025") == 1
    assert read("optimization_duration_seconds_bucket", route="heuristic_only", le="0.01") == 0
    assert read("provider_first_byte_seconds_sum", provider="openai") == pytest.approx(0.15)
    assert read("provider_duration_seconds_sum", provider="openai") == pytest.approx(0.2)
    assert read("request_duration_seconds_sum", dialect="openai") == pytest.approx(0.215)


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"http_status": 429, "upstream_ms": 5.0}, "429"), ({"http_status": None, "upstream_ms": 5.0}, "none")],
)
def test_errors_of_a_provider(project: Project, fields: dict[str, Any], code: str) -> None:
    store([new_record(project.id, status="error", **fields)])
    assert read("provider_errors_total", provider="openai", code=code) == 1
    assert read("provider_attempts_total", provider="openai", code=code) == 1


def test_a_refusal_of_ours_is_no_error_of_a_provider(project: Project) -> None:
    fields = {"http_status": 429, "limit": "tokens", "upstream_ms": None}
    store([new_record(project.id, status="error", **fields)])
    assert read("limited_total", project="Ours", limit="tokens") == 1
    assert read("provider_errors_total") == 0


def test_a_prompt_that_grew_takes_nothing_away(project: Project) -> None:
    store([new_record(project.id, tokens_before=100, tokens_after=130)])
    assert read("prompt_tokens_saved_total") == 0
    assert read("prompt_tokens_after_total") == 130


def test_names_that_clients_make_up_are_one_model(project: Project) -> None:
    store([new_record(project.id, model=f"made-up-{number}") for number in range(20)])
    assert read("requests_total", model="other") == 20
    assert "made-up" not in metrics_page()


def test_what_is_stored_again_is_counted_once(project: Project) -> None:
    records = [new_record(project.id), new_record(project.id)]
    store(records)
    store([*records, new_record(project.id)])
    assert read("requests_total") == 3


def test_recorders_that_count_at_once_lose_nothing(project: Project) -> None:
    start = Barrier(4)

    def work() -> None:
        start.wait()
        for _ in range(10):
            store([new_record(project.id), new_record(project.id, model="gpt-4o-mini", dialect="responses")])
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read("requests_total", project="Ours") == 80


def test_series_go_with_their_project(project: Project) -> None:
    store([new_record(project.id)])
    Project.objects.all().delete()
    assert not MetricSeries.objects.filter(project__isnull=False).exists()
    assert read("requests_total") == 0


def test_a_record_of_no_project_is_not_counted(transactional_db: None) -> None:
    store([new_record(uuid.uuid4())])
    assert not MetricSeries.objects.exists()
