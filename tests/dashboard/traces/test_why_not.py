"""Every request that was not made smaller says why."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dashboard.traces.why_not import why_not
from optimizer_app.models import Project, RequestTrace
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import block, make_trace


def skipped(name: str, reason: str) -> dict[str, Any]:
    return {"name": name, "status": "skipped", "ms": 0.1, "tokens_cut": 0, "reason": reason}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tokens_after": 10}, ""),
        ({"route": "bypass"}, "the optimizer was off"),
        ({"fallback_used": True}, "the request fell back to the original"),
        ({"blocks": [block(900, 900, frozen=True)]}, "all 900 tokens frozen, sent before"),
        (
            {"tokens_before": 80, "tokens_after": 80},
            "the prompt is short, 80 tokens, and repeats nothing",
        ),
        (
            {"blocks": [block(500, 500, kind="code"), block(400, 400, frozen=True)]},
            "what is new is code, calls or definitions of tools, which no rule may alter",
        ),
        ({"stages": [skipped("target", "no question says it")]}, "no question says it"),
        ({"stages": [skipped("compress", "3 ms left")]}, "3 ms left"),
        ({}, "no rule found anything that could be left out"),
    ],
)
def test_why_not(fields: dict[str, Any], said: str) -> None:
    values = {
        "route": "heuristic_only",
        "tokens_before": 900,
        "tokens_after": 900,
        "blocks": [block(900, 900)],
        "stages": [],
    }
    assert why_not(RequestTrace(**{**values, **fields})) == said


def test_the_list_finds_them_and_says_it(as_member: Client, project: Project) -> None:
    smaller = make_trace(project)
    same = make_trace(project, tokens_after=1000, stages=[], blocks=[block(1000, 1000)])
    page = page_text(as_member, "/requests?flag=same")
    assert f"/requests/{same.pk}" in page
    assert f"/requests/{smaller.pk}" not in page
    assert "no rule found anything" in page
