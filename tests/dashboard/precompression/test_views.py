"""The precompression page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.models import Precompression, Project
from tests.dashboard.pages import page_text
from tests.dashboard.precompression.rows import all_states, make_hour, make_precompression


def _text(client: Client, path: str = "/precompression") -> str:
    return page_text(client, path)


def test_it_works(as_member: Client, project: Project) -> None:
    all_states(project)
    page = _text(as_member)
    assert '<strong class="saved">62%</strong> found ready' in page
    assert "1,204 of 1,933 lookups" in page
    assert "Another 412 asked for texts that are better left as they are." in page
    assert "38 texts were dropped because the queue was full." in page
    assert "38 queue full, 3 after an hour" in page
    assert "1 being worked on" in page
    assert "12.8k → 6.25k tokens" in page
    assert "1 below threshold, 1 no gain" in page
    assert '<span title="the process of LLMLingua-2 died">' in page


def test_the_empty_page_says_why_and_what_next(as_admin: Client, project: Project) -> None:
    page = _text(as_admin)
    assert "Nothing precompressed yet" in page
    assert "This machine has no LLMLingua-2: whole sentences are chosen." in page
    assert 'href="/configs"' in page


def test_a_member_of_nothing_is_told_so(project: Project, db: None) -> None:
    all_states(project)
    client = Client()
    client.force_login(User.objects.create_user("stranger", password="a long pass phrase"))
    assert "No project yet" in _text(client)


def test_before_the_first_look_there_is_no_rate(as_member: Client, project: Project) -> None:
    make_precompression(project, 1)
    page = _text(as_member)
    assert "No lookups yet" in page
    assert "found ready" not in page


def test_another_project_s_are_not_counted(
    as_member: Client, as_admin: Client, project: Project, foreign_project: Project
) -> None:
    make_hour(project, hits=1, misses=1)
    make_hour(foreign_project, hits=9)
    make_precompression(project, 1)
    make_precompression(foreign_project, 2, compressor="the other's model")
    assert "1 of 2 lookups" in _text(as_member)
    assert "the other&#x27;s model" not in _text(as_member)
    assert "10 of 11 lookups" in _text(as_admin)
    assert "1 of 2 lookups" in _text(as_admin, "/precompression?project=ci-agent")
    assert as_member.get("/precompression?project=not-yours").status_code == 404


def test_lookups_are_those_of_the_window(as_member: Client, project: Project) -> None:
    make_hour(project, hits=1)
    make_hour(project, age=timedelta(days=3), misses=1)
    assert "1 of 1 lookup <" in _text(as_member)
    assert "1 of 2 lookups" in _text(as_member, "/precompression?range=7d")


def test_no_text_is_on_the_page(as_member: Client, project: Project) -> None:
    make_precompression(project, 1, source="the source", result="the result")
    page = _text(as_member)
    assert "the source" not in page
    assert "the result" not in page


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_queries_does_not_grow(
    as_member: Client, project: Project, count: int, django_assert_max_num_queries: object
) -> None:
    for number in range(count):
        make_precompression(project, number)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        _text(as_member)
    assert Precompression.objects.count() == count


def test_a_live_refresh_is_the_part_that_changes(as_member: Client, project: Project) -> None:
    all_states(project)
    answer = as_member.get("/precompression", headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    assert b"found ready" in answer.content


def test_the_old_address_leads_here(as_member: Client, project: Project) -> None:
    assert as_member.get("/ahead?range=7d")["Location"] == "/precompression?range=7d"


def test_nobody_reads_it_without_signing_in(client: Client) -> None:
    assert client.get("/precompression").headers["location"].startswith("/login")
