"""The page of the holdout: both groups, and what their comparison shows."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from optimizer_app.models import OptimizationConfig, Project
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import make_trace
from tests.optimizer_app.holdout.test_comparison import add, add_groups


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    return OptimizationConfig.objects.create(project=project, name="agents", fields={"holdout_share": 0.5})


def test_empty_it_says_how_to_begin(as_member: Client, project: Project) -> None:
    page = page_text(as_member, "/holdout")
    assert "No conversation is held out" in page


def test_before_the_first_request(as_member: Client, config: OptimizationConfig) -> None:
    page = page_text(as_member, "/holdout")
    assert "No request of agents in the last 24 hours" in page
    assert "It holds out 50% of conversations." in page


def test_it_shows_what_differs_and_what_does_not(
    as_member: Client, project: Project, config: OptimizationConfig
) -> None:
    add_groups(project)
    page = page_text(as_member, "/holdout")
    assert "12 held out, 12 optimized" in page
    assert "Shown: lower where optimized." in page
    assert '<td class="n h-figure saved">−48%</td>' in page
    assert "The same in all conversations." in page
    assert "Nothing is known of it in one of the groups." in page
    assert '<th scope="row">stop</th><td class="n">100%</td><td class="n">100%</td>' in page


def test_a_difference_that_is_not_shown_says_which_would_have_been(
    as_member: Client, project: Project, config: OptimizationConfig
) -> None:
    add_groups(project)
    for number in range(20):
        add(project, ("held_out", "optimized")[number % 2], uuid.uuid4(), total_ms=100.0 * number)
    page = page_text(as_member, "/holdout")
    assert "No difference shown; with 44 conversations one of" in page


def test_worse_is_marked(as_member: Client, project: Project, config: OptimizationConfig) -> None:
    add_groups(project, outcome={"calls": 9, "invalid": 0})
    for number in range(12):
        add(project, "optimized", uuid.uuid4(), outcome={"calls": 9, "invalid": 3 + number % 3})
    assert 'h-figure danger"' in page_text(as_member, "/holdout")


def test_few_conversations_are_said_to_be_few(
    as_member: Client, project: Project, config: OptimizationConfig
) -> None:
    add_groups(project, count=3)
    page = page_text(as_member, "/holdout")
    assert "Ten of each are needed before anything is said." in page
    assert "Too few conversations: 10 of each group are needed." in page


def test_a_strangers_configs_are_not_there(as_member: Client, foreign_project: Project) -> None:
    foreign = OptimizationConfig.objects.create(
        project=foreign_project, name="theirs", fields={"holdout_share": 0.1}
    )
    assert "theirs" not in page_text(as_member, f"/holdout?config={foreign.pk}")


def test_a_request_says_that_it_takes_part(as_member: Client, project: Project) -> None:
    trace = make_trace(project, holdout_group="held_out", why_not="held_out", tokens_after=1000)
    page = page_text(as_member, f"/requests/{trace.pk}")
    assert '<a href="/holdout">held out</a>' in page
    assert "its conversation is one of those that go through untouched" in page
