"""Saved views of the list of requests."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.models import Project, SavedView
from optimizer_app.saved_views import MAX_VIEWS
from tests.dashboard.pages import one_line, page_text
from tests.dashboard.traces.rows import make_trace

FILTERED = "/requests?project=ci-agent&flag=failed&range=7d"


def posted(client: Client, path: str, **data: str) -> str:
    """The page that a form leads to."""
    answer = client.post(path, data, follow=True)
    assert answer.status_code == 200
    return one_line(answer.content.decode())


def test_filters_are_saved_shown_renamed_and_deleted(as_member: Client, project: Project) -> None:
    make_trace(project)
    text = posted(
        as_member, f"{FILTERED.replace('requests', 'requests/views', 1)}&after=1", name=" Failed  in CI "
    )
    view = SavedView.objects.get()
    assert (view.name, view.project, view.query) == ("Failed in CI", project, "range=7d&flag=failed")
    link = '<a href="/requests?project=ci-agent&amp;range=7d&amp;flag=failed"'
    assert f'{link} aria-current="true"' in text
    assert f"{link} title=" in page_text(as_member, "/requests?project=ci-agent")
    change = f"/requests/views/{view.pk}?project=ci-agent&flag=failed&range=7d"
    assert ">Broken</a>" in posted(as_member, change, name="Broken", do="rename")
    assert "Broken</a>" not in posted(as_member, change, do="delete")


def test_there_is_nothing_to_save_without_filters(as_member: Client, project: Project) -> None:
    make_trace(project)
    assert "Save these filters" not in page_text(as_member, "/requests")
    assert "Save these filters" in page_text(as_member, FILTERED)


def test_a_view_of_all_projects_stays_in_the_project_one_is_in(as_member: Client, project: Project) -> None:
    make_trace(project)
    posted(as_member, "/requests/views?flag=failed", name="Failed")
    assert 'href="/requests?flag=failed"' in page_text(as_member, "/requests")
    assert 'href="/requests?project=ci-agent&amp;flag=failed"' in page_text(
        as_member, "/requests?project=ci-agent"
    )


def test_what_cannot_be_saved_is_said(as_member: Client, member: User, project: Project) -> None:
    make_trace(project)
    path = "/requests/views?flag=failed"
    posted(as_member, path, name="Failed")
    assert "you have a view named &#x27;Failed&#x27; already" in posted(as_member, path, name="Failed")
    assert "a view needs a name" in posted(as_member, path, name=" ")
    assert "the name is too long" in posted(as_member, path, name="x" * 61)
    SavedView.objects.bulk_create(SavedView(user=member, name=str(number)) for number in range(MAX_VIEWS))
    assert "delete one first" in posted(as_member, path, name="One more")


def test_views_are_ones_own(as_member: Client, as_admin: Client, project: Project) -> None:
    make_trace(project)
    posted(as_admin, "/requests/views?flag=failed", name="Of the admin")
    view = SavedView.objects.get()
    assert "Of the admin" not in page_text(as_member, "/requests")
    assert as_member.post(f"/requests/views/{view.pk}", {"do": "delete"}).status_code == 404
    assert SavedView.objects.exists()


def test_views_of_a_project_that_one_left_are_gone(
    as_member: Client, member: User, project: Project, foreign_project: Project
) -> None:
    make_trace(project)
    SavedView.objects.create(user=member, project=foreign_project, name="Of then", query="flag=failed")
    assert "Of then" not in page_text(as_member, "/requests")
