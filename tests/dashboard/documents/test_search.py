"""What a question finds, as the documents page shows it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.forms import ValidationError
from django.test import Client

from dashboard.documents.metadata import metadata_of
from dashboard.documents.search import asked_words, marked
from optimizer_app.ingest.accept import NewDocument, accept_documents
from optimizer_app.ingest.work import ingest_due
from optimizer_app.models import Document, Project
from token_optimizer.models import BlockType

HANDBOOK = (
    b"# Handbook\n\nRefunds are paid back within five working days.\n\n## Outages\n\nCall the person on duty."
)


def search(client: Client, **asked: str) -> str:
    """The search part of the page, as text without tags."""
    answer = client.get(f"/documents?{urlencode(asked)}")
    assert answer.status_code == 200
    part = answer.content.decode().partition('id="search"')[2].partition('id="list"')[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", "", part)).split())


def store(project: Project, name: str = "handbook.md", data: bytes = HANDBOOK, **options: Any) -> None:
    accept_documents(project, [NewDocument(name, data, **options)])
    ingest_due()


@pytest.fixture
def no_embeddings(use_socket: Any, tmp_path: Path) -> None:
    use_socket(tmp_path / "nobody.sock")


def test_it_works(as_admin: Client, project: Project, embeddings: Any) -> None:
    store(project, metadata={"team": "ops"})
    text = search(as_admin, q="When do customers get their money?")
    first = text.partition(" 2Handbook")[0]
    assert "Refunds are paid back within five working days." in first
    assert "by meaning: number 1, similarity 0." in first
    for shown in ("0.01", "tokens", "handbook.md", "team=ops"):
        assert shown in first
    assert "by words alone" not in text
    assert "Outages" in text


def test_by_words_alone_is_said_with_the_reason(
    as_admin: Client, project: Project, no_embeddings: None
) -> None:
    store(project)
    text = search(as_admin, q="who is on duty")
    assert "Found by words alone: no embedding process runs on this machine." in text
    assert "by words: number 1" in text


def test_nothing_found_is_said(as_admin: Client, project: Project, no_embeddings: None) -> None:
    assert "Nothing was found: no document is stored yet" in search(as_admin, q="refunds")
    store(project)
    assert "Nothing was found with this type and metadata." in search(as_admin, q="refunds", type="tool")
    assert "number 1" not in search(as_admin, q="refunds", where="team=ops")


def test_filters_by_type_and_metadata(as_admin: Client, project: Project, no_embeddings: None) -> None:
    store(project, "ops.md", b"Refunds of ops.", metadata={"team": "ops", "year": 2024})
    store(project, "hr.md", b"Refunds of hr.", block_type=BlockType.USER, metadata={"team": "hr"})
    assert "of hr" not in search(as_admin, q="refunds", where="team=ops, year=2024")
    assert "of ops" in search(as_admin, q="refunds", where="team=ops, year=2024")
    assert "of ops" not in search(as_admin, q="refunds", where='year="2024"')
    assert "of ops" not in search(as_admin, q="refunds", type="user")


@pytest.mark.parametrize(
    "where",
    [
        "team=ops' OR '1'='1",
        "team=') OR true --",
        "team'); DELETE FROM blocks; --=ops",
        '{"a"}::jsonb=1',
        "team=%s",
    ],
)
def test_sql_in_a_metadata_filter_is_data(
    as_admin: Client, project: Project, no_embeddings: None, where: str
) -> None:
    store(project, "hr.md", b"Refunds of hr.", metadata={"team": "hr"})
    assert "of hr" not in search(as_admin, q="refunds", where=where)
    assert "of hr" in search(as_admin, q="refunds", where="team=hr")


def test_sql_that_is_stored_as_metadata_is_found_as_such(
    as_admin: Client, project: Project, no_embeddings: None
) -> None:
    store(project, metadata={"team": "x' OR '1'='1"})
    assert "Refunds are paid" in search(as_admin, q="refunds", where="team=x' OR '1'='1")


def test_what_cannot_be_asked_is_said_in_place(as_admin: Client, project: Project) -> None:
    assert "is not key=value" in search(as_admin, q="refunds", where="just words")
    assert "Select a valid choice" in search(as_admin, q="refunds", type="sideways")
    assert "at most 2000 characters" in search(as_admin, q="a" * 2001)


def test_another_projects_passages_never_come_back(
    as_member: Client, as_admin: Client, project: Project, foreign_project: Project, no_embeddings: None
) -> None:
    store(foreign_project, data=b"Refunds of strangers.")
    assert "strangers" not in search(as_member, q="refunds")
    assert "strangers" not in search(as_admin, q="refunds", project=project.name)
    assert "strangers" in search(as_admin, q="refunds", project=foreign_project.name)
    assert as_member.get("/documents?q=refunds&project=not-yours").status_code == 404


def test_with_several_projects_one_has_to_be_chosen(
    as_admin: Client, project: Project, foreign_project: Project, no_embeddings: None
) -> None:
    store(project)
    text = search(as_admin, q="refunds")
    assert "Choose a project: a search looks into one." in text
    assert "Refunds are paid" not in text


def test_text_of_a_document_is_text(as_admin: Client, project: Project, no_embeddings: None) -> None:
    store(project, "a.txt", b"Refunds <script>alert(1)</script> and <b>more</b>.")
    page = as_admin.get("/documents?q=refunds").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert Document.objects.get().state == "embedding"


def test_words_that_any_question_has_are_not_looked_for() -> None:
    assert asked_words("When are the Refunds paid?") == {"refunds", "paid"}


def test_words_of_the_question_are_marked() -> None:
    assert marked("The refunds, REFUNDS!", {"refunds"}) == (
        ("The ", False), ("refunds", True), (", ", False), ("REFUNDS", True), ("!", False),
    )  # fmt: skip
    assert marked("none", {"refunds"}) == (("none", False),)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("team=ops", {"team": "ops"}),
        (" a = b c , year=2024,ok=true,x=0.5 ", {"a": "b c", "year": 2024, "ok": True, "x": 0.5}),
        ('code="007", say="a, b = c"', {"code": "007", "say": "a, b = c"}),
        ("a=", {"a": ""}),
        ("a=[1]", {"a": "[1]"}),
        ("a=null,b=NaN", {"a": "null", "b": "NaN"}),
        ("link=a=b", {"link": "a=b"}),
    ],
)
def test_metadata_as_typed(text: str, found: dict[str, Any]) -> None:
    assert metadata_of(text) == found


@pytest.mark.parametrize("text", ["words", "a=1, words", "=1", 'a="open', ",", 'a"b"=1'])
def test_what_is_no_metadata_is_shown(text: str) -> None:
    with pytest.raises(ValidationError, match="is not key=value"):
        metadata_of(text)
