"""What rules cut from the blocks of many requests, and what of it was wanted again."""

from __future__ import annotations

import pytest

from optimizer_app.cuts import picked
from optimizer_app.cuts.blocks import cut_blocks
from optimizer_app.cuts.sums import cut_sums
from optimizer_app.models import Project, RequestTrace
from tests.dashboard.traces.rows import block, make_trace


def trace(project: Project) -> RequestTrace:
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
    )


def test_sums_are_by_rule_and_kind(project: Project) -> None:
    trace(project)
    trace(project)
    document, log, prose = cut_sums(RequestTrace.objects.all())
    assert (document.rule, document.kind) == ("passages", "document")
    assert (document.requests, document.blocks, document.cut) == (2, 2, 800)
    assert (document.read_calls, document.read_tokens, document.again_calls) == (2, 80, 0)
    assert document.wanted_share == pytest.approx(0.1)
    assert (log.rule, log.kind, log.cut, log.again_tokens) == ("logs", "log", 1600, 120)
    assert (prose.rule, prose.kind, prose.wanted_share) == ("passages", "prose", 0)


def test_what_was_cut_before_is_counted_where_it_is_wanted_again(project: Project) -> None:
    make_trace(project, blocks=[], re_reads=[{"stage": "results", "steps": 2, "tokens": 60, "block": "b9"}])
    [found] = cut_sums(RequestTrace.objects.all())
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
    monkeypatch.setattr(picked, "MAX_REQUESTS", 1)
    trace(project)
    trace(project)
    assert {row.requests for row in cut_sums(RequestTrace.objects.all())} == {1}
    assert len(cut_blocks(RequestTrace.objects.all(), "logs", "log", 9)) == 2
