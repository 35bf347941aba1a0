"""What each rule cut, and what of it was wanted again."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard.rules import figures
from dashboard.rules.figures import rules_of
from optimizer_app.models import Project, RequestTrace
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import block, make_trace


def trace(project: Project) -> RequestTrace:
    return make_trace(
        project,
        blocks=[
            block(1000, 200, stage="logs", kind="log"),
            block(500, 100, stage="passages", kind="document"),
            block(300, 200, stage="passages", kind="prose"),
            block(900, 100, stage="logs", kind="log", frozen=True),
            block(50, 50),
        ],
        read_backs=[
            {"found": True, "stage": "passages", "tokens": 40},
            {"found": False, "stage": "", "tokens": 9},
        ],
        re_reads=[{"tool": "read", "stage": "passages", "steps": 2, "tokens": 60}],
    )


def test_rules_are_summed_over_requests(project: Project) -> None:
    trace(project)
    trace(project)
    passages, logs = rules_of(RequestTrace.objects.all())
    assert (passages.name, passages.kinds) == ("passages", ["document", "prose"])
    assert (passages.requests, passages.blocks, passages.cut) == (2, 4, 1000)
    assert (passages.read_calls, passages.read_tokens) == (2, 80)
    assert (passages.again_calls, passages.again_tokens) == (2, 120)
    assert passages.wanted_share == pytest.approx(0.2)
    assert (logs.name, logs.cut, logs.wanted_share) == ("logs", 1600, 0)


def test_a_rule_that_is_only_wanted_again_shows_too(project: Project) -> None:
    make_trace(project, blocks=[], re_reads=[{"tool": "read", "stage": "results", "steps": 2, "tokens": 60}])
    [rule] = rules_of(RequestTrace.objects.all())
    assert (rule.name, rule.cut, rule.wanted_share) == ("results", 0, 1)


def test_only_the_newest_requests_are_looked_at(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MAX_REQUESTS", 1)
    trace(project)
    trace(project)
    assert {rule.requests for rule in rules_of(RequestTrace.objects.all())} == {1}


def test_the_page_has_the_most_wanted_first(as_member: Client, project: Project) -> None:
    trace(project)
    page = page_text(as_member, "/rules")
    assert page.index(">passages<") < page.index(">logs<")
    assert "20%" in page
    by_cut = page_text(as_member, "/rules?sort=-cut")
    assert by_cut.index(">logs<") < by_cut.index(">passages<")


def test_anothers_rules_do_not_show(as_member: Client, foreign_project: Project) -> None:
    trace(foreign_project)
    assert "No rule has cut anything" in page_text(as_member, "/rules")
