"""The three steps of a new install, each ticked by what really happened."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone

from optimizer_app.models import ApiKey, Project, Provider
from optimizer_app.providers.change import ProviderValues, add_provider
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import make_trace


def done(page: str) -> int:
    """How many steps are ticked."""
    return page.count('<span class="unseen">Done: </span>')


def test_a_new_install_opens_on_three_steps(as_admin: Client, project: Project) -> None:
    Provider.objects.create(project=project, name="echo", kind="echo", trusted=True)
    ApiKey.issue(project=project, name="First key")
    page = page_text(as_admin, "/")
    assert "The built-in echo answers for now" in page
    assert "curl http://testserver/v1/chat/completions" in page
    assert "<mark>your key</mark>" in page
    assert "Waiting for the first request" in page
    assert done(page) == 0


def test_steps_are_ticked_by_what_happened(as_admin: Client, project: Project) -> None:
    assert f'href="/projects/{project.pk}/keys/new">make one</a>' in page_text(as_admin, "/")
    add_provider(project, ProviderValues("house", "openai", "", "sk-x"))
    page = page_text(as_admin, "/")
    assert done(page) == 1
    assert "house answers the requests." in page
    key, _ = ApiKey.issue(project=project, name="ci")
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    page = page_text(as_admin, "/")
    assert done(page) == 2
    assert "ci was used" in page


def test_the_first_request_ticks_the_last_step_and_shows_the_overview(
    as_admin: Client, project: Project
) -> None:
    trace = make_trace(project)
    page = page_text(as_admin, "/")
    assert "The built-in echo answers; <a" in page
    assert f'href="/requests/{trace.pk}">open it</a>' in page
    assert "Latest requests" in page


def test_the_steps_go_once_requests_come(as_admin: Client, project: Project) -> None:
    for _ in range(5):
        make_trace(project)
    assert "First steps" not in page_text(as_admin, "/")


def test_another_projects_steps_are_not_taken_for_ones_own(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    add_provider(foreign_project, ProviderValues("house", "openai", "", "sk-x"))
    key, _ = ApiKey.issue(project=foreign_project, name="theirs")
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    page = page_text(as_member, "/")
    assert done(page) == 0
    assert "house" not in page
    assert "theirs" not in page
