"""The pages of proposals."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.configs.versions.drafts import draft_of
from optimizer_app.models import OptimizationConfig, Project, TuningProposal
from tests.dashboard.pages import page_text
from tests.optimizer_app.tuning.test_proposals import wanted_again


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    return OptimizationConfig.objects.create(project=project, name="agents")


@pytest.fixture
def proposal(as_member: Client, project: Project, config: OptimizationConfig) -> TuningProposal:
    """Made by the button."""
    wanted_again(project)
    as_member.post(f"/configs/{config.pk}/look")
    return TuningProposal.objects.get()


def test_the_list_is_empty_at_first(as_member: Client, config: OptimizationConfig) -> None:
    page = page_text(as_member, "/proposals")
    assert "Nothing is proposed" in page
    assert "Look at agents now" in page


def test_a_look_that_finds_nothing_says_so(as_member: Client, config: OptimizationConfig) -> None:
    answer = as_member.post(f"/configs/{config.pk}/look", follow=True)
    assert "Nothing that happened in the last 30 days speaks for a change." in answer.content.decode()


def test_one_shows_its_changes_and_evidence(as_member: Client, proposal: TuningProposal) -> None:
    assert f"/proposals/{proposal.pk}" in page_text(as_member, "/proposals")
    page = page_text(as_member, f"/proposals/{proposal.pk}")
    assert "<del>as measured</del> → <ins>log = 0.5</ins>" in page
    assert "<del>none</del> → <ins>read_log</ins>" in page
    assert "read_log was called again 6 times" in page
    assert "regression cases: none that tests it." in page
    assert 'href="/requests/' in page


def test_taken_it_leads_to_publishing(
    as_member: Client, member: User, proposal: TuningProposal, config: OptimizationConfig
) -> None:
    answer = as_member.post(f"/proposals/{proposal.pk}/accept")
    assert answer.headers["location"] == f"/configs/{config.pk}/publish"
    assert draft_of(config, member) is not None
    assert "Taken as a draft by member" in page_text(as_member, f"/proposals/{proposal.pk}")


def test_dismissed_it_says_why(as_member: Client, proposal: TuningProposal) -> None:
    as_member.post(f"/proposals/{proposal.pk}/dismiss", {"reason": ""})
    assert "Dismiss it, because" in page_text(as_member, f"/proposals/{proposal.pk}")
    as_member.post(f"/proposals/{proposal.pk}/dismiss", {"reason": "the tool is cheap"})
    assert "“the tool is cheap”" in page_text(as_member, f"/proposals/{proposal.pk}")


def test_a_strangers_proposal_is_not_there(as_member: Client, foreign_project: Project) -> None:
    theirs = OptimizationConfig.objects.create(project=foreign_project, name="theirs")
    proposal = TuningProposal.objects.create(config=theirs, base_version=1)
    for path in (f"/proposals/{proposal.pk}", f"/proposals/{proposal.pk}/accept"):
        assert as_member.post(path).status_code == 404
    assert as_member.post(f"/configs/{theirs.pk}/look").status_code == 404
