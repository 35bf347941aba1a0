"""The pages of blocks over many requests."""

from __future__ import annotations

from django.test import Client

from optimizer_app.models import OptimizationConfig, Project
from tests.dashboard.pages import page_text
from tests.optimizer_app.cuts.test_cuts import trace


def test_the_most_wanted_come_first(as_member: Client, project: Project) -> None:
    trace(project)
    page = page_text(as_member, "/blocks")
    assert page.index(">document</a>") < page.index(">log</a>") < page.index(">prose</a>")
    assert "10%" in page
    by_cut = page_text(as_member, "/blocks?sort=-cut")
    assert by_cut.index(">log</a>") < by_cut.index(">document</a>")


def test_a_row_leads_to_its_blocks_and_they_to_their_requests(as_member: Client, project: Project) -> None:
    row = trace(project)
    assert "/blocks/cut?rule=logs&amp;kind=log" in page_text(as_member, "/blocks")
    page = page_text(as_member, "/blocks/cut?rule=logs&kind=log")
    assert "Cut 800 tokens</b> of 1" in page
    assert "7.5%</b> of that was wanted again" in page
    assert f'href="/requests/{row.pk}?open=turn-1&amp;at=1#b1"' in page
    assert "tool called again" in page
    assert f"/requests/{row.pk}/blocks/2/keep" in page


def test_they_are_filtered_by_what_is_in_the_url(as_member: Client, project: Project) -> None:
    OptimizationConfig.objects.create(project=project, name="agents")
    trace(project)
    assert "No rule has cut anything" in page_text(as_member, "/blocks?config=agents")
    assert "cut nothing of this kind" in page_text(as_member, "/blocks/cut?rule=logs&kind=log&model=other")
    assert "cut nothing of this kind" in page_text(as_member, "/blocks/cut")
    assert "No rule has cut anything" in page_text(as_member, "/blocks?key=no-key")


def test_anothers_blocks_do_not_show(as_member: Client, foreign_project: Project) -> None:
    trace(foreign_project)
    assert "No rule has cut anything" in page_text(as_member, "/blocks")
    assert "cut nothing of this kind" in page_text(as_member, "/blocks/cut?rule=logs&kind=log")
