"""What nobody uses goes, and no project grows without bound."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from optimizer_app.models import Precompression, PrecompressionHour, Project
from optimizer_app.precompression import retention
from optimizer_app.precompression.accept import queue_jobs
from optimizer_app.precompression.retention import COUNTED_FOR, FAILED_FOR, UNUSED_FOR, drop_unused
from optimizer_app.precompression.work import compress_due
from tests.optimizer_app.precompression.texts import prose, wanted


def _row(project: Project, number: int, **values: object) -> Precompression:
    queue_jobs([wanted(project, prose(number))])
    row = Precompression.objects.latest("pk")
    Precompression.objects.filter(pk=row.pk).update(**values)
    return row


def _ago(age: timedelta) -> object:
    return timezone.now() - age - timedelta(minutes=1)


def test_what_nobody_used_for_long_goes(project: Project) -> None:
    old = _ago(UNUSED_FOR)
    _row(project, 1, state="done", finished_at=old)
    used = _row(project, 2, state="done", finished_at=old, last_used_at=timezone.now())
    fresh = _row(project, 3, state="done", finished_at=timezone.now())
    waiting = _row(project, 4)
    assert drop_unused() == 1
    assert set(Precompression.objects.all()) == {used, fresh, waiting}


def test_a_failure_may_be_tried_again_after_a_day(project: Project) -> None:
    _row(project, 1, state="failed", finished_at=_ago(FAILED_FOR))
    _row(project, 2, state="failed", finished_at=timezone.now())
    assert drop_unused() == 1
    assert queue_jobs([wanted(project, prose(1)), wanted(project, prose(2))]).count == 1


def test_a_project_s_size_is_bounded(
    project: Project, other: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_jobs([wanted(project, prose(number)) for number in range(3)] + [wanted(other, prose())])
    while compress_due().more:
        pass
    first, second, third, theirs = Precompression.objects.order_by("pk")
    Precompression.objects.filter(pk=first.pk).update(last_used_at=timezone.now())
    size = max(len(row.result or "") for row in (first, second, third, theirs))
    monkeypatch.setattr(retention, "MAX_BYTES_PER_PROJECT", 2 * size)
    assert drop_unused() == 1
    left = set(Precompression.objects.all())
    assert first in left
    assert theirs in left
    assert len(left) == 3


def test_old_counts_go(project: Project) -> None:
    PrecompressionHour.objects.create(project=project, hour=timezone.now() - COUNTED_FOR - timedelta(hours=1))
    kept = PrecompressionHour.objects.create(project=project, hour=timezone.now())
    drop_unused()
    assert list(PrecompressionHour.objects.all()) == [kept]
