"""`/v1/ingest` at a real server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from optimizer_app.models import Document
from tests.gateway.accounts import Account, new_account
from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import LiveServer

DOCUMENT = {
    "id": "doc1",
    "content": "Python is a high-level programming language...",
    "type": "doc",
    "metadata": {"source": "docs.python.org"},
}


def test_it_works(account: Account) -> None:
    answer = account.post("/v1/ingest", {"documents": [DOCUMENT, {"id": "doc2", "content": "Other text."}]})
    assert answer.status_code == 202
    job = answer.json()
    assert (job["status"], [item["id"] for item in job["documents"]]) == ("running", ["doc1", "doc2"])
    assert account.get(f"/v1/ingest/{job['job']}").json() == job
    stored = Document.objects.get(project=account.project, external_id="doc1")
    assert bytes(stored.source or b"") == DOCUMENT["content"].encode()
    assert stored.metadata == {"source": "docs.python.org"}


def test_the_guides_own_call_with_the_key_in_the_body(server: LiveServer, account: Account) -> None:
    body = {"api_key": account.secret, "documents": [DOCUMENT]}
    answer = requests.post(f"{server.url}/v1/ingest", json=body, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 202
    assert Document.objects.filter(project=account.project).count() == 1


def test_a_key_in_the_header_wins_over_one_in_the_body(account: Account) -> None:
    assert account.post("/v1/ingest", {"api_key": "tok_wrong", "documents": [DOCUMENT]}).status_code == 202


def test_files_of_a_form(account: Account) -> None:
    files = [("files", (f"{name}.md", f"# {name}\n\nText.", "text/markdown")) for name in ("a", "b")]
    fields = {"metadata": '{"team": "ops"}', "type": "doc"}
    answer = account.post("/v1/ingest", files=files, data=fields)
    assert answer.status_code == 202, answer.text
    assert [item["id"] for item in answer.json()["documents"]] == ["a.md", "b.md"]
    stored = Document.objects.get(project=account.project, external_id="b.md")
    assert (stored.media_type, stored.metadata) == ("text/markdown", {"team": "ops"})


def test_a_large_file_of_a_form_arrives_whole(account: Account) -> None:
    data = b"0123456789\n" * 500_000
    assert account.post("/v1/ingest", files={"file": ("big.txt", data)}).status_code == 202
    assert Document.objects.get(project=account.project).size_bytes == len(data)


def test_a_job_ends_done_or_failed_with_the_reason(account: Account) -> None:
    files = [("files", (name, b"text")) for name in ("a.txt", "b.txt", "c.txt")]
    job = account.post("/v1/ingest", files=files).json()["job"]
    documents = Document.objects.filter(project=account.project)

    def ending() -> tuple[str, str]:
        answer = account.get(f"/v1/ingest/{job}").json()
        return answer["status"], answer["reason"]

    documents.filter(external_id="a.txt").update(state="done")
    documents.filter(external_id="b.txt").update(state="failed", reason="the file is empty")
    assert ending() == ("running", "")
    documents.filter(external_id="c.txt").update(state="cancelled")
    assert ending() == ("failed", "2 of 3 documents: b.txt: the file is empty; c.txt: it was cancelled")
    documents.update(state="done", reason="")
    assert ending() == ("done", "")
    documents.all().delete()
    assert ending() == ("failed", "its documents were deleted")


def test_another_projects_job_is_not_found(account: Account, server: LiveServer) -> None:
    job = account.post("/v1/ingest", {"documents": [DOCUMENT]}).json()["job"]
    stranger = new_account(server)
    refused = stranger.get(f"/v1/ingest/{job}")
    unknown = stranger.get(f"/v1/ingest/{uuid.uuid4()}")
    assert refused.status_code == unknown.status_code == stranger.get("/v1/ingest/x").status_code == 404
    assert refused.json()["error"]["message"].replace(job, "") == unknown.json()["error"]["message"].replace(
        unknown.url.rpartition("/")[2], ""
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "documents is missing"),
        ({"documents": "text"}, "documents must be a list, not a string"),
        ({"documents": []}, "there is no document"),
        ({"documents": ["text"]}, "documents[0] must be an object"),
        ({"documents": [{"content": "a"}]}, "documents[0].id is missing"),
        ({"documents": [{"id": ""}]}, "documents[0].id must be a string, not an empty string"),
        ({"documents": [{"id": 7}]}, "documents[0].id must be a string"),
        ({"documents": [{"id": "a", "content": 7}]}, "documents[0].content must be a string"),
        ({"documents": [{"id": "a", "metadata": []}]}, None),
        ({"documents": [{"id": "a", "metadata": "x"}]}, "documents[0].metadata must be an object"),
        ({"documents": [{"id": "a", "type": "poem"}]}, "documents[0].type must be one of system"),
        ({"documents": [{"id": "a", "content": "x"}] * 2}, "'a' is there twice"),
    ],
)
def test_what_cannot_be_taken_is_named(account: Account, body: Any, told: str | None) -> None:
    answer = account.post("/v1/ingest", body)
    if told is None:
        assert answer.status_code == 202
        return
    assert (answer.status_code, told in answer.json()["error"]["message"]) == (400, True), answer.text
    assert not Document.objects.exists()


def test_a_broken_form_is_told(account: Account) -> None:
    headers = {"content-type": "multipart/form-data"}
    answer = account.post("/v1/ingest", data=b"nothing", headers=headers)
    assert (answer.status_code, answer.json()["error"]["message"][:24]) == (400, "the form cannot be read:")


def test_without_a_key_nothing_is_taken(server: LiveServer) -> None:
    answer = requests.post(
        f"{server.url}/v1/ingest", json={"documents": [DOCUMENT]}, timeout=PATIENCE_SECONDS
    )
    assert answer.status_code == 401
    assert not Document.objects.exists()


def _peak_bytes(server: LiveServer) -> int:
    """The most memory that the server has had at once."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _form_of(megabytes: int) -> Iterator[bytes]:
    """A form with one file, a part at a time."""
    yield b'--edge\r\nContent-Disposition: form-data; name="files"; filename="big.txt"\r\n\r\n'
    for _ in range(megabytes):
        yield b"some text here. " * 65_536
    yield b"\r\n--edge--\r\n"


FORM = {"content-type": "multipart/form-data; boundary=edge"}


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_200_mb_are_refused_without_being_held(account: Account, dialect: str) -> None:
    before = _peak_bytes(account.server)
    headers = {**FORM, "anthropic-version": "2023-06-01"} if dialect == "anthropic" else FORM
    answer = account.post("/v1/ingest", data=_form_of(200), headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (
        413,
        "request_too_large" if dialect == "anthropic" else "invalid_request_error",
    )
    assert error["message"] == "the request body is larger than 64 MB"
    assert _peak_bytes(account.server) - before < 100 * 1024**2
    assert not Document.objects.exists()


def test_a_file_above_the_limit_is_named(account: Account) -> None:
    answer = account.post("/v1/ingest", data=_form_of(51), headers=FORM)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "document 'big.txt' is larger than 50 MB"
    assert not Document.objects.exists()


def test_a_wrong_key_is_refused_before_the_body_is_looked_at(account: Account) -> None:
    headers = {**FORM, "authorization": "Bearer tok_wrong"}
    assert account.post("/v1/ingest", data=b"no form", headers=headers).status_code == 401


def test_the_largest_file_costs_a_few_times_its_size(account: Account) -> None:
    before = _peak_bytes(account.server)
    assert account.post("/v1/ingest", data=_form_of(49), headers=FORM).status_code == 202
    assert _peak_bytes(account.server) - before < 250 * 1024**2
