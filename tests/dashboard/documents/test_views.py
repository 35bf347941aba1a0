"""The list of documents, and what may be done to each."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from optimizer_app.ingest.accept import NewDocument, accept_documents
from optimizer_app.ingest.work import ingest_due
from optimizer_app.models import Document, Project
from tests.dashboard.documents.rows import make_document
from tests.dashboard.pages import page_text

LIVE = {"HX-Request": "true"}
ACTIONS = ("cancel", "retry", "embed")


def page(client: Client, path: str = "/documents", **options: Any) -> str:
    return page_text(client, path, **options)


def listed(client: Client, path: str = "/documents") -> list[UUID]:
    """The ids of the rows, in their order."""
    return [UUID(found) for found in re.findall(r'<tr id="d-([0-9a-f-]{36})"', page(client, path))]


def offered(client: Client, document: Document) -> list[str]:
    """The actions that the document's row offers."""
    return re.findall(rf'action="/documents/{document.pk}/(\w+)', page(client))


def test_it_works(as_admin: Client, project: Project) -> None:
    older = make_document(project, age=timedelta(minutes=9))
    newer = make_document(project, "b.pdf", title="", media_type="application/pdf", tokens=56_551)
    assert listed(as_admin) == [newer.pk, older.pk]
    text = page(as_admin)
    for shown in (
        "Handbook",
        "handbook.md",
        "b.pdf",
        "PDF",
        "Markdown",
        "1.21 kB",
        "56,551",
        "Done",
        "9 min ago",
    ):
        assert shown in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "queued"}, "Queued"),
        ({"state": "reading"}, "Reading"),
        ({"state": "chunking"}, "Read, cutting into chunks"),
        ({"state": "embedding", "chunks": 1040, "embedded": 12}, "Cut, embedded 12 of 1,040"),
        ({"state": "embedding", "reason": "no embedding process runs"}, "Waits: no embedding process runs."),
        ({"state": "done", "reason": "the change was cancelled"}, "The change was cancelled."),
        ({"state": "failed", "chunks": 0, "reason": "the PDF is broken"}, "The PDF is broken."),
        (
            {"state": "failed", "reason": "the file is empty", "source": b" "},
            "The version before it stays in use.",
        ),
        ({"state": "cancelled"}, "Cancelled"),
    ],
)
def test_each_step_is_said_in_words(
    as_admin: Client, project: Project, fields: dict[str, Any], words: str
) -> None:
    make_document(project, **fields)
    assert words in page(as_admin)


def test_what_was_not_stored_is_said(as_admin: Client, project: Project) -> None:
    left_out = [{"kind": "comments", "count": 2}, {"kind": "link addresses", "count": 1_204}]
    make_document(project, left_out=left_out)
    assert "Not stored: comments (2), link addresses (1,204)." in page(as_admin)


def test_a_title_and_a_reason_are_text(as_admin: Client, project: Project) -> None:
    make_document(project, "<script>1</script>", title="<b>bold</b>", state="failed", reason="<i>why</i>")
    text = page(as_admin)
    for tag in ("<script>1", "<b>bold", "<i>why"):
        assert tag not in text


def test_empty_list_says_where_to_drop(as_admin: Client, project: Project) -> None:
    text = page(as_admin)
    assert "Drop files here" in text
    assert "No document yet" in text


def test_without_a_project_there_is_nothing_to_drop_on(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("nobody"))
    text = page(client)
    assert "No project yet" in text
    assert "Drop files here" not in text


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("state=failed", {"state": "failed"}),
        ("state=working", {"state": "chunking"}),
        ("state=queued", {"state": "queued"}),
        ("name=OTHER", {"title": "The other one"}),
        ("name=notes/", {"external_id": "notes/2024.md"}),
        ("name=100%25", {"title": "100% sure"}),
    ],
)
def test_filters(as_admin: Client, project: Project, query: str, fields: dict[str, Any]) -> None:
    make_document(project, "a.md", age=timedelta(minutes=2), title="100 of them")
    wanted = make_document(project, **fields)
    assert listed(as_admin, f"/documents?{query}") == [wanted.pk]


def test_tabs_count_by_state_whatever_is_filtered(as_admin: Client, project: Project) -> None:
    for name, state in (("a", "done"), ("b", "done"), ("c", "reading"), ("d", "embedding")):
        make_document(project, name, state=state, embedded=1)
    text = page(as_admin, "/documents?state=done")
    for words in ("All <b>4</b>", "In work <b>2</b>", "Done <b>2</b>"):
        assert words in text
    assert "<b>3</b> wait for a vector" in text


def test_no_match_names_the_filters_and_clears_them(as_admin: Client, project: Project) -> None:
    make_document(project)
    for query in ("name=none+such", "state=sideways"):
        text = page(as_admin, f"/documents?{query}")
        assert "No document matches" in text
        assert "Clear the filters" in text


def test_pages_by_cursor_there_and_back(as_admin: Client, project: Project) -> None:
    moment = timedelta(minutes=1)
    made = [make_document(project, str(n), age=moment * (1 + n // 2)) for n in range(120)]
    made.sort(key=lambda item: (item.created_at, item.pk), reverse=True)
    found: list[UUID] = []
    path = "/documents"
    for _ in range(3):
        text = page(as_admin, path)
        found += listed(as_admin, path)
        following = re.search(r'rel="next" href="([^"#]+)', text)
        path = "/documents" + (following[1].replace("&amp;", "&") if following else "")
    assert found == [item.pk for item in made]
    assert following is None
    back = re.search(r'rel="prev" href="([^"#]+)', text)
    assert back is not None
    assert listed(as_admin, f"/documents{back[1]}") == found[50:100]


def test_cursor_holds_when_its_document_is_deleted(as_admin: Client, project: Project) -> None:
    made = [make_document(project, str(n), age=timedelta(minutes=n)) for n in range(60)]
    following = re.search(r'rel="next" href="([^"#]+)', page(as_admin))
    assert following is not None
    made[49].delete()
    assert listed(as_admin, f"/documents{following[1]}") == [item.pk for item in made[50:]]
    assert len(listed(as_admin, "/documents?after=nonsense")) == 50


def test_live_refresh_is_the_list_alone(as_admin: Client, project: Project) -> None:
    document = make_document(project)
    text = page(as_admin, "/documents?q=refunds", headers=LIVE)
    assert f'id="d-{document.pk}"' in text
    assert "<html" not in text
    assert "What would a question find?" not in text


def test_member_sees_own_documents_only(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    own = make_document(project)
    make_document(foreign_project, "secret-plan.md", title="Secret plan")
    assert listed(as_member) == [own.pk]
    assert listed(as_member, "/documents?name=secret") == []
    assert "ecret" not in page(as_member)
    assert "All <b>1</b>" in page(as_member)
    assert as_member.get("/documents?project=not-yours").status_code == 404


@pytest.mark.parametrize("action", [*ACTIONS, "delete"])
def test_foreign_document_is_as_unknown_as_none(
    as_member: Client, foreign_project: Project, action: str
) -> None:
    document = make_document(foreign_project, state="failed", source=b"a")
    for pk in (document.pk, uuid.uuid4()):
        assert as_member.post(f"/documents/{pk}/{action}").status_code == 404
        assert as_member.get(f"/documents/{pk}/delete").status_code == 404
    document.refresh_from_db()
    assert document.state == "failed"


@pytest.mark.parametrize("action", [*ACTIONS, "delete"])
def test_actions_need_a_signed_in_reader_and_a_token(
    client: Client, admin: Any, project: Project, action: str
) -> None:
    document = make_document(project, state="failed", source=b"a")
    path = f"/documents/{document.pk}/{action}"
    assert client.post(path)["Location"].startswith("/login")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    assert strict.post(path).status_code == 403
    document.refresh_from_db()
    assert document.state == "failed"


def test_only_what_is_possible_is_offered(as_admin: Client, project: Project) -> None:
    kinds = {
        "cancel": {"state": "reading", "source": b"a"},
        "retry": {"state": "failed", "source": b"a"},
        "embed": {"state": "done"},
    }
    for action, fields in kinds.items():
        assert offered(as_admin, make_document(project, action, **fields)) == [action]
    assert offered(as_admin, make_document(project, "again", state="embedding")) == []


def test_actions_do_it_and_lead_back_to_the_same_list(as_admin: Client, project: Project) -> None:
    document = make_document(project, state="queued", chunks=0, source=b"a text")
    for action, state in (("cancel", "cancelled"), ("retry", "queued")):
        answer = as_admin.post(f"/documents/{document.pk}/{action}?name=hand&state=")
        assert answer["Location"] == "/documents?name=hand&state="
        document.refresh_from_db()
        assert document.state == state


def test_an_action_of_the_live_page_answers_with_the_list(as_admin: Client, project: Project) -> None:
    document = make_document(project)
    answer = as_admin.post(f"/documents/{document.pk}/embed", headers=LIVE)
    assert "Cut, embedded 0 of 4" in answer.content.decode()


def test_what_is_not_possible_any_more_is_said(as_admin: Client, project: Project) -> None:
    document = make_document(project)
    answer = as_admin.post(f"/documents/{document.pk}/cancel", follow=True)
    assert "not possible any more, it is done" in answer.content.decode()
    assert as_admin.post(f"/documents/{document.pk}/explode").status_code == 404
    assert as_admin.get(f"/documents/{document.pk}/cancel").status_code == 405


def test_delete_asks_first(as_admin: Client, project: Project) -> None:
    document = make_document(project)
    asked = page(as_admin, f"/documents/{document.pk}/delete?state=done")
    assert "Its 4 chunks and 4 vectors go with it" in asked
    assert 'href="/documents?state=done"' in asked
    assert "<html" not in page(as_admin, f"/documents/{document.pk}/delete", headers=LIVE)
    assert Document.objects.exists()
    answer = as_admin.post(f"/documents/{document.pk}/delete?state=done", follow=True)
    assert "Handbook was deleted" in answer.content.decode()
    assert not Document.objects.exists()


def test_a_deleted_document_takes_its_chunks_along(
    as_admin: Client, project: Project, use_socket: Any, tmp_path: Path
) -> None:
    use_socket(tmp_path / "nobody.sock")
    document = accept_documents(project, [NewDocument("a.md", b"# A\n\nText.")]).documents.get()
    ingest_due()
    as_admin.post(f"/documents/{document.pk}/delete")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM blocks WHERE document_id = %s", (document.pk,))
        assert cursor.fetchone() == (0,)
