"""What rules cut from the blocks of many requests, and what of it was wanted again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from optimizer_app.cuts import blocks
from optimizer_app.cuts.blocks import cut_blocks
from optimizer_app.cuts.sums import CutSum, cut_sums
from optimizer_app.models import Project, RequestTrace
from optimizer_app.rollups.reading import Selection, Stretch
from optimizer_app.rollups.rolling import mark_changed, roll_up_all
from optimizer_app.rollups.spans import DAY
from tests.dashboard.traces.rows import block, make_trace


def trace(project: Project, **fields: Any) -> RequestTrace:
    """A log of an earlier turn that a tool was called again for, and documents of which one was read back."""
    return make_trace(
        project,
        blocks=[
            block(900, 100, id="b1", stage="logs", kind="log", frozen=True),
            block(1000, 200, id="b2", stage="logs", kind="log"),
            block(500, 100, id="b3", stage="passages", kind="document"),
            block(300, 200, id="b4", stage="passages", kind="prose"),
            block(50, 50, id="b5"),
        ],
        read_backs=[
            {"found": True, "stage": "passages", "tokens": 40, "block": "b3"},
            {"found": False, "stage": "", "tokens": 9, "block": ""},
        ],
        re_reads=[{"tool": "read", "stage": "logs", "steps": 2, "tokens": 60, "block": "b1"}],
        **fields,
    )


def sums_of(project: Project, **chosen: Any) -> list[CutSum]:
    now = timezone.now()
    return cut_sums(Selection((project.pk,), **chosen), Stretch(now - DAY, now))


def test_sums_are_by_rule_and_kind(project: Project) -> None:
    trace(project)
    trace(project)
    document, log, prose = sums_of(project)
    assert (document.rule, document.kind) == ("passages", "document")
    assert (document.requests, document.blocks, document.cut) == (2, 2, 800)
    assert (document.read_calls, document.read_tokens, document.again_calls) == (2, 80, 0)
    assert document.wanted_share == pytest.approx(0.1)
    assert (log.rule, log.kind, log.cut, log.again_tokens) == ("logs", "log", 1600, 120)
    assert (prose.rule, prose.kind, prose.wanted_share) == ("passages", "prose", 0)


def test_what_was_cut_before_is_counted_where_it_is_wanted_again(project: Project) -> None:
    make_trace(project, blocks=[], re_reads=[{"stage": "results", "steps": 2, "tokens": 60, "block": "b9"}])
    [found] = sums_of(project)
    assert (found.rule, found.kind, found.cut, found.wanted_share) == ("results", "", 0, 1)


def test_blocks_that_were_wanted_again_come_first(project: Project) -> None:
    older, newer = trace(project), trace(project)
    found = cut_blocks(RequestTrace.objects.all(), "logs", "log", 3)
    assert [(cut.trace_id, cut.number, cut.wanted) for cut in found] == [
        (newer.pk, 1, 60),
        (older.pk, 1, 60),
        (newer.pk, 2, 0),
    ]
    assert (found[0].again, found[0].read, found[0].tokens) == (60, 0, 800)
    [read, _] = cut_blocks(RequestTrace.objects.all(), "passages", "document", 3)
    assert (read.number, read.read) == (3, 40)


def test_only_the_newest_requests_are_looked_at(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MAX_REQUESTS", 1)
    trace(project)
    trace(project)
    assert len(cut_blocks(RequestTrace.objects.all(), "logs", "log", 9)) == 2


def test_rollups_say_what_traces_say(project: Project) -> None:
    ages = [timedelta(minutes=1), timedelta(minutes=50), timedelta(hours=9), timedelta(hours=20)]
    traces = [trace(project, age=age, model=f"m{n % 2}") for n, age in enumerate(ages)]
    mark_changed(found.created_at for found in traces)
    before = sums_of(project), sums_of(project, model="m1")
    roll_up_all(timezone.now())
    assert (sums_of(project), sums_of(project, model="m1")) == before
    RequestTrace.objects.filter(id__lt=traces[0].pk).delete()
    assert (sums_of(project), sums_of(project, model="m1")) == before
    assert [{row.requests for row in found} for found in before] == [{4}, {2}]
