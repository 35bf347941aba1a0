"""What a request said, on its page."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.captures.texts import CapturedTexts
from optimizer_app.models import Capture, Project
from tests.dashboard.pages import page_text, streamed_text
from tests.dashboard.traces.rows import block, make_trace
from tests.optimizer_app.captures.kept import keep, kept_trace
from token_optimizer.models import BlockTexts


def test_it_works(as_member: Client, project: Project) -> None:
    trace = kept_trace(project)
    text = page_text(as_member, f"/requests/{trace.pk}")
    assert "The disk was full." in text
    assert "Kept encrypted until" in text
    # The newest question and what was changed are open, what was kept is not.
    assert "<del>" in text
    assert text.count('class="opened"') == 2
    assert "You MUST name the order" not in text


def test_a_block_opens_and_closes(as_member: Client, project: Project) -> None:
    trace = kept_trace(project)
    alone = page_text(as_member, f"/requests/{trace.pk}?text=1")
    assert alone.count('class="opened"') == 1
    assert "You MUST name the order" in alone
    rows = f"/requests/{trace.pk}/blocks?group=system&from=1&to=1"
    opened = as_member.get(f"{rows}&text=1", headers={"HX-Request": "true"}).content.decode()
    closed = as_member.get(rows, headers={"HX-Request": "true"}).content.decode()
    assert "You MUST name the order" in opened
    assert "You MUST name the order" not in closed
    assert re.search(r'aria-expanded="false"[^>]*text=1', closed)


def test_whole_texts_are_files(as_member: Client, project: Project) -> None:
    trace = kept_trace(project)
    for part, said in [
        ("body", "job fail"),
        ("sent", "job fail"),
        ("answer", "disk was"),
        ("before-3", "well"),
    ]:
        response = as_member.get(f"/requests/{trace.pk}/texts/{part}")
        assert said in response.content.decode()
        assert response["Cache-Control"] == "private, no-store"
    for part in ("after-9", "before-x", "nonsense"):
        assert as_member.get(f"/requests/{trace.pk}/texts/{part}").status_code == 404


def test_long_texts_are_downloaded(as_member: Client, project: Project) -> None:
    trace = kept_trace(project, blocks=[block(90_000, 10, id="b1", kind="log")])
    Capture.objects.filter(pk=trace.pk).delete()
    keep(trace, CapturedTexts("{}", blocks={"b1": BlockTexts("x " * 1_500_000, "x")}))
    text = page_text(as_member, f"/requests/{trace.pk}?text=1")
    assert "Too long to show here, 3,000,000 characters." in text
    assert f"/requests/{trace.pk}/texts/before-1" in text


def test_only_members_may_read_or_delete(as_member: Client, foreign_project: Project) -> None:
    trace = kept_trace(foreign_project)
    for path in ("", "/texts/body", "/blocks?group=turn-1&from=1&to=1&text=1"):
        assert as_member.get(f"/requests/{trace.pk}{path}").status_code == 404
    assert as_member.post(f"/requests/{trace.pk}/texts/delete").status_code == 404
    assert Capture.objects.readable().exists()


def test_a_viewer_sees_what_it_came_to_and_no_word(as_viewer: Client, project: Project) -> None:
    trace = kept_trace(project)
    shown = page_text(as_viewer, f"/requests/{trace.pk}?text=1,2,3")
    assert "your role may not read it" in shown
    assert "ERROR disk full" not in shown
    assert as_viewer.get(f"/requests/{trace.pk}/texts/body").status_code == 404
    lines = as_viewer.get(f"/requests/{trace.pk}/blocks?group=turn-1&from=1&to=3&text=1")
    assert b"ERROR disk full" not in lines.content
    opened = as_viewer.get(f"/playground?project={project.name}&request={trace.pk}")
    assert b"Why did the job fail?" not in opened.content
    assert as_viewer.get(f"/configs/cases/new?project={project.name}&request={trace.pk}").status_code == 403


def test_delete_now(as_member: Client, project: Project) -> None:
    trace = kept_trace(project)
    assert as_member.get(f"/requests/{trace.pk}/texts/delete").status_code == 302
    assert Capture.objects.readable().exists()
    answer = as_member.post(f"/requests/{trace.pk}/texts/delete", follow=True)
    text = answer.content.decode()
    assert "The texts of this request were deleted." in text
    assert "The disk was full." not in text
    assert re.search(r"text deleted .* by member", text)


def test_figures_have_no_text(as_member: Client, project: Project) -> None:
    trace = kept_trace(project)
    assert "disk" not in streamed_text(as_member, "/requests.csv")
    for path in (f"/requests/{trace.pk}.json", "/requests"):
        assert "disk" not in as_member.get(path).content.decode()


def test_the_list_finds_what_is_kept(as_member: Client, project: Project) -> None:
    kept, other = kept_trace(project), make_trace(project)
    text = page_text(as_member, "/requests?flag=kept")
    assert f"/requests/{kept.pk}" in text
    assert f"/requests/{other.pk}" not in text


def test_all_of_a_project(as_member: Client, project: Project, member: User) -> None:
    kept_trace(project)
    assert "of 1 request" in page_text(as_member, f"/projects/{project.pk}")
    path = f"/projects/{project.pk}/texts/delete"
    assert "This is not the name of the project." in as_member.post(path, {"name": "x"}).content.decode()
    assert Capture.objects.readable().exists()
    as_member.post(path, {"name": project.name})
    assert Capture.objects.get().deleted_by == member
