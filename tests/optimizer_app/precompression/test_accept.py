"""What is wanted is queued once, within bounds, and unreadable."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from optimizer_app.models import Precompression, PrecompressionHour, Project
from optimizer_app.precompression import accept
from optimizer_app.precompression.accept import MAX_CHARS, queue_jobs
from tests.optimizer_app.precompression.texts import prose, wanted


def _states() -> list[tuple[str, str]]:
    return list(Precompression.objects.order_by("pk").values_list("project__name", "state"))


def _dropped(project: Project) -> int:
    return sum(PrecompressionHour.objects.filter(project=project).values_list("dropped_full", flat=True))


def test_it_works(project: Project) -> None:
    assert queue_jobs([wanted(project, prose(1)), wanted(project, prose(2))]).count == 2
    assert _states() == [("ours", "queued")] * 2


def test_a_text_is_queued_once_for_each_compressor_and_rate(project: Project) -> None:
    text = prose()
    assert queue_jobs([wanted(project, text), wanted(project, text)]).count == 1
    assert queue_jobs([wanted(project, text)]).count == 0
    assert queue_jobs([wanted(project, text, rate=0.3)]).count == 1
    assert queue_jobs([wanted(project, text, compressor="a model")]).count == 1


def test_projects_share_nothing(project: Project, other: Project) -> None:
    queue_jobs([wanted(project, prose()), wanted(other, prose())])
    keys = Precompression.objects.values_list("key", flat=True)
    assert _states() == [("ours", "queued"), ("theirs", "queued")]
    assert len(set(keys)) == 2


def test_the_table_holds_no_text_in_the_clear(project: Project) -> None:
    queue_jobs([wanted(project, "Their password is swordfish. " * 20)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM optimizer_app_precompression t")
        rows = cursor.fetchall()
    assert len(rows) == 1
    assert "swordfish" not in rows[0][0]


def test_a_project_s_queue_is_bounded_and_what_is_dropped_is_counted(
    project: Project, other: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accept, "MAX_QUEUED_PER_PROJECT", 3)
    assert queue_jobs([wanted(project, prose(number)) for number in range(5)]).count == 3
    assert queue_jobs([wanted(project, prose(9)), wanted(other, prose(9))]).count == 1
    assert (_dropped(project), _dropped(other)) == (3, 0)
    Precompression.objects.filter(project=project).first().delete()  # type: ignore[union-attr]
    assert queue_jobs([wanted(project, prose(9))]).count == 1


def test_the_whole_queue_is_bounded(
    project: Project, other: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accept, "MAX_QUEUED", 2)
    queue_jobs([wanted(project, prose(number)) for number in range(2)])
    assert queue_jobs([wanted(other, prose())]).count == 0
    assert _dropped(other) == 1


def test_many_at_once_do_not_pass_the_bound(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept, "MAX_QUEUED_PER_PROJECT", 5)
    start = threading.Barrier(4)

    def burst(first: int) -> None:
        start.wait()
        try:
            queue_jobs([wanted(project, prose(first + number)) for number in range(4)])
        finally:
            connection.close()

    threads = [threading.Thread(target=burst, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Precompression.objects.count() == 5
    assert _dropped(project) == 11


def test_what_is_too_long_is_not_kept_waiting(project: Project) -> None:
    text = "All work. " * (MAX_CHARS // 10 + 1)
    assert queue_jobs([wanted(project, text)]).count == 0
    row = Precompression.objects.get()
    assert (row.state, row.source, row.reason) == ("failed", None, "longer than 120,000 characters")
    queue_jobs([wanted(project, text)])
    assert Precompression.objects.count() == 1


def test_a_project_that_is_gone_is_passed_over(project: Project, other: Project) -> None:
    one = wanted(other, prose())
    other.delete()
    assert queue_jobs([one, wanted(project, prose())]).count == 1
