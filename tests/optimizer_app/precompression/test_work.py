"""From the queue to a stored precompression: real PostgreSQL, the extractive compressor."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from optimizer_app.background.machine_lock import machine_lock
from optimizer_app.models import Precompression, PrecompressionHour, Project
from optimizer_app.precompression import work
from optimizer_app.precompression.accept import queue_jobs
from optimizer_app.precompression.lookups import PrecompressionReader
from optimizer_app.precompression.work import LEASE, MAX_WAIT, Finished, compress_due, lease_batch
from tests.optimizer_app.precompression.texts import key_of, prose, wanted
from tests.optimizer_app.traces.records import eventually
from tests.servers.forking import PROJECT_ROOT, ForkedPython
from tests.servers.live_server import database_url
from tests.token_optimizer.optimizer.compression.llmlingua.models import small_bert
from token_optimizer.models import Block
from token_optimizer.optimizer.compression.blocks import Compression, compress_blocks
from token_optimizer.optimizer.compression.llmlingua.compressor import MODEL_VARIABLE, shared_compressor
from token_optimizer.optimizer.compression.rates import asked_rate
from token_optimizer.ports import CompressionKey


def _rows() -> list[Precompression]:
    return list(Precompression.objects.order_by("pk"))


def _stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM optimizer_app_precompression t")
        return str(cursor.fetchone()[0])


def _is_nobody_at_work() -> bool:
    with machine_lock("precompression") as alone:
        return alone


def test_it_works(project: Project, reader: PrecompressionReader) -> None:
    text = prose()
    queue_jobs([wanted(project, text)])
    finished = compress_due()
    assert (finished.count, finished.projects, finished.more) == (1, {project.pk}, False)
    (row,) = _rows()
    assert (row.state, row.source, row.leased_until) == ("done", None, None)
    assert row.tokens_before is not None
    assert row.tokens_after is not None
    assert 0 < row.tokens_after < row.tokens_before
    made = reader.for_project(project.pk, project.hash_secret).find([key_of(text)])[key_of(text)]
    expected = compress_blocks([Block(text)], 0.5, threshold=0.0)[0]
    assert (made.text, made.score) == (expected.block.content, expected.score)


def test_a_cut_stays_as_faithful_as_the_config_wants(project: Project) -> None:
    queue_jobs([wanted(project, prose(), rate=0.3, threshold=0.85)])
    compress_due()
    (row,) = _rows()
    assert row.state == "done"
    assert row.score is not None
    assert row.score >= 0.85
    assert row.tokens_before is not None
    assert row.tokens_after is not None
    # One cut to the rate that is expected to be faithful would leave more.
    careful = compress_blocks([Block(prose())], asked_rate(0.3, 0.85), threshold=0.0)[0]
    assert row.tokens_after <= careful.block.tokens < row.tokens_before


def test_what_is_kept_holds_no_text_in_the_clear(project: Project) -> None:
    text = "The password of the mill is swordfish. " + prose()
    queue_jobs([wanted(project, text)])
    compress_due()
    stored = _stored()
    assert "done" in stored
    assert "swordfish" not in stored
    assert "village" not in stored


def test_a_result_opens_only_for_the_text_it_was_made_of(
    project: Project, reader: PrecompressionReader
) -> None:
    queue_jobs([wanted(project, prose(1)), wanted(project, prose(2))])
    compress_due()
    first, second = _rows()
    Precompression.objects.filter(pk=first.pk).update(result=second.result)
    assert reader.for_project(project.pk, project.hash_secret).find([key_of(prose(1))]) == {}


def test_what_would_lose_too_much_is_told_apart(project: Project, reader: PrecompressionReader) -> None:
    text = prose()
    queue_jobs([wanted(project, text, threshold=0.97)])
    compress_due()
    (row,) = _rows()
    assert row.state == "below"
    look = reader.for_project(project.pk, project.hash_secret)
    assert look.find([key_of(text)])[key_of(text)].score < 0.97
    assert (look.lookups.hits, look.lookups.misses, look.lookups.unusable) == ((), 0, 1)


def test_what_gains_nothing_is_not_tried_again(project: Project, reader: PrecompressionReader) -> None:
    queue_jobs([wanted(project, "Short.")])
    compress_due()
    (row,) = _rows()
    assert (row.state, row.source, row.result) == ("no_gain", None, None)
    assert queue_jobs([wanted(project, "Short.")]).count == 0
    look = reader.for_project(project.pk, project.hash_secret)
    assert look.find([key_of("Short.")]) == {}
    assert look.lookups.unusable == 1


def test_every_project_has_its_turn(
    project: Project, other: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_jobs([wanted(project, prose(number)) for number in range(4)])
    queue_jobs([wanted(other, prose(9))])
    monkeypatch.setattr(work, "BATCH", 3)
    batch = sorted(row.pk for row in lease_batch())
    first, second, _, _, theirs = (row.pk for row in _rows())
    assert batch == [first, second, theirs]


def test_a_batch_is_bounded_by_its_length(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_jobs([wanted(project, prose(number)) for number in range(3)])
    monkeypatch.setattr(work, "BATCH_CHARS", len(prose()) * 2.5)
    assert len(lease_batch()) == 2


def test_nobody_takes_what_another_one_holds(project: Project) -> None:
    queue_jobs([wanted(project, prose())])
    assert len(lease_batch()) == 1
    assert lease_batch() == []
    assert compress_due().count == 0


def test_a_worker_that_dies_loses_nothing(project: Project) -> None:
    queue_jobs([wanted(project, prose(1)), wanted(project, prose(2))])
    process = ForkedPython(
        [sys.executable, "-m", "tests.optimizer_app.precompression.worker"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "working\n"
        process.kill()
        process.wait()
    assert [row.state for row in _rows()] == ["working"] * 2
    # PostgreSQL frees the lock once it has seen that the process is gone.
    eventually(_is_nobody_at_work)
    assert compress_due().count == 0
    Precompression.objects.update(leased_until=timezone.now() - LEASE)
    while compress_due().more:
        pass
    assert [(row.state, row.attempts) for row in _rows()] == [("done", 2)] * 2


def test_a_late_worker_changes_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_jobs([wanted(project, prose())])
    (late,) = lease_batch()
    Precompression.objects.update(leased_until=timezone.now() - LEASE)
    compress_due()
    before = _stored()
    late_finished = Finished()
    work._work_on([late], late_finished)
    assert late_finished.count == 0
    assert _stored() == before


def test_what_ends_the_workers_is_given_up(project: Project) -> None:
    queue_jobs([wanted(project, prose())])
    for _ in range(work.MAX_ATTEMPTS):
        assert len(lease_batch()) == 1
        Precompression.objects.update(leased_until=timezone.now() - LEASE)
    compress_due()
    (row,) = _rows()
    assert (row.state, row.source) == ("failed", None)
    assert row.reason == "the worker ended 3 times while compressing it"


def test_what_was_begun_before_goes_alone(project: Project) -> None:
    queue_jobs([wanted(project, prose(number)) for number in range(3)])
    Precompression.objects.filter(pk=_rows()[0].pk).update(attempts=1)
    assert [len(lease_batch()) for _ in range(3)] == [1, 2, 0]


def test_a_broken_compressor_is_tried_again_later(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(blocks: list[Block], *_: Any, **__: Any) -> list[Compression]:
        return [Compression(block, reason="the process of LLMLingua-2 died") for block in blocks]

    queue_jobs([wanted(project, prose(1)), wanted(project, prose(2))])
    with monkeypatch.context() as patch:
        patch.setattr(work, "compress_blocks", broken)
        assert compress_due().count == 0
        assert [row.state for row in _rows()] == ["queued"] * 2
    while compress_due().more:
        pass
    assert [(row.state, row.reason) for row in _rows()] == [("done", "")] * 2


def test_a_compressor_that_stays_broken_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> list[Compression]:
        raise ValueError("cannot read: the password is swordfish")

    queue_jobs([wanted(project, prose())])
    monkeypatch.setattr(work, "compress_blocks", broken)
    assert [compress_due().count for _ in range(3)] == [0, 0, 1]
    (row,) = _rows()
    assert (row.state, row.source) == ("failed", None)
    assert row.reason == "the compressor failed: ValueError"


def test_what_another_compressor_was_wanted_for_is_not_made(project: Project) -> None:
    queue_jobs([wanted(project, prose(), compressor="some/model")])
    compress_due()
    (row,) = _rows()
    assert row.state == "failed"
    assert row.reason == "made for the compressor 'some/model'; the worker has 'extractive'"


def test_a_text_encrypted_under_another_key_fails(project: Project) -> None:
    queue_jobs([wanted(project, prose())])
    Precompression.objects.update(source="gAAAAAB")
    compress_due()
    (row,) = _rows()
    assert row.state == "failed"
    assert "OPTIMIZER_ENCRYPTION_KEY" in row.reason


def test_what_waited_in_vain_is_dropped_and_counted(project: Project) -> None:
    queue_jobs([wanted(project, prose(1)), wanted(project, prose(2))])
    old = timezone.now() - MAX_WAIT - timedelta(seconds=1)
    Precompression.objects.filter(pk=_rows()[0].pk).update(created_at=old)
    assert compress_due().count == 1
    assert [row.state for row in _rows()] == ["done"]
    assert PrecompressionHour.objects.get().dropped_late == 1


def test_a_worker_that_is_to_stop_leaves_the_rest(project: Project) -> None:
    queue_jobs([wanted(project, prose())])
    finished = compress_due(is_stopping=lambda: True)
    assert (finished.count, finished.more) == (0, True)


def test_the_model_s_process_is_started_once(
    project: Project, reader: PrecompressionReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = str(small_bert())
    monkeypatch.setenv(MODEL_VARIABLE, model)
    shared_compressor.cache_clear()
    try:
        processes = set()
        for number in range(2):
            queue_jobs([wanted(project, prose(number), compressor=model)])
            assert compress_due().count == 1
            compressor = shared_compressor().compressor
            assert compressor is not None
            assert compressor._process is not None
            processes.add(compressor._process.pid)
        assert len(processes) == 1
        assert [row.state for row in _rows()] == ["done"] * 2
        key = CompressionKey.of(prose(1), model, 0.5)
        assert "left out" in reader.for_project(project.pk, project.hash_secret).find([key])[key].text
    finally:
        shared_compressor().close()
        shared_compressor.cache_clear()
