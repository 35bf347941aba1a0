"""Files that are uploaded: by a form, by the page's script, too large, refused among others."""

from __future__ import annotations

import http.client
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashboard.documents import uploads
from optimizer_app.models import Document, IngestJob, Project
from tests.dashboard.documents.rows import make_document
from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import LiveServer

JSON = {"Accept": "application/json"}
MB = 1024**2
BOUNDARY = "a-line-that-stands-in-no-file"


def file(name: str, data: bytes = b"# Title\n\nText.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/octet-stream")


def upload(client: Client, *files: SimpleUploadedFile, **fields: Any) -> Any:
    form = {"project": "ci-agent", "type": "doc", "metadata": "", **fields, "files": list(files)}
    return client.post("/documents/upload", form, headers=JSON)


def test_it_works(as_member: Client, project: Project) -> None:
    answer = upload(as_member, file("a.md"), metadata="team=ops, year=2024", type="user")
    document = Document.objects.get()
    assert answer.status_code == 202
    assert answer.json() == {"files": [{"name": "a.md", "id": str(document.pk), "state": "queued"}]}
    assert (document.project, document.external_id, document.block_type) == (project, "a.md", "user")
    assert document.metadata == {"team": "ops", "year": 2024}
    assert bytes(document.source or b"") == b"# Title\n\nText."
    assert document.media_type == "", "the reader finds out what it is"
    assert IngestJob.objects.get().documents.get() == document


def test_a_form_without_scripts_names_what_was_refused(
    as_admin: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 100)
    form = {
        "project": project.name,
        "type": "doc",
        "files": [file("a.md"), file("large.md", b"a" * 101), file("a.md", b"another"), file("b.md")],
    }
    answer = as_admin.post("/documents/upload?state=queued", form, follow=True)
    assert answer.redirect_chain == [("/documents?state=queued", 302)]
    text = answer.content.decode()
    assert "2 files were taken in." in text
    assert "large.md: larger than 50 MB" in text
    assert "a.md: another file of this name came before it" in text
    assert sorted(Document.objects.values_list("external_id", flat=True)) == ["a.md", "b.md"]
    assert "were taken in" not in as_admin.get("/documents").content.decode()


def test_a_file_as_large_as_allowed_is_taken(
    as_admin: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 100_000)
    answer = upload(as_admin, file("most.txt", b"a" * 100_000), file("more.txt", b"a" * 100_001))
    assert [(item["name"], item.get("reason")) for item in answer.json()["files"]] == [
        ("most.txt", None),
        ("more.txt", "larger than 50 MB"),
    ]
    assert Document.objects.get().size_bytes == 100_000


def test_no_file_is_said(as_admin: Client, project: Project) -> None:
    assert upload(as_admin).status_code == 400
    answer = as_admin.post("/documents/upload", {"project": project.name, "type": "doc"}, follow=True)
    assert "No file was chosen." in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"metadata": "words"}, "is not key=value"), ({"type": "sideways"}, "Select a valid choice")],
)
def test_fields_that_cannot_be_used_refuse_each_file(
    as_admin: Client, project: Project, fields: dict[str, str], reason: str
) -> None:
    answer = upload(as_admin, file("a.md"), file("b.md"), **fields)
    assert answer.status_code == 400
    assert [reason in item["reason"] for item in answer.json()["files"]] == [True, True]
    assert not Document.objects.exists()


def test_the_same_file_again_is_told_as_stored(as_admin: Client, project: Project) -> None:
    first = upload(as_admin, file("a.md")).json()["files"][0]
    Document.objects.update(state="done", source=None)
    assert upload(as_admin, file("a.md")).json()["files"] == [{**first, "state": "done"}]
    assert upload(as_admin, file("a.md", b"Changed.")).json()["files"] == [first]


def test_a_name_of_a_path_is_the_name_alone(as_admin: Client, project: Project) -> None:
    upload(as_admin, file("../../etc/passwd"))
    assert Document.objects.get().external_id == "passwd"


@pytest.mark.parametrize("name", ["not-yours", "nowhere", ""])
def test_another_projects_door_is_closed(as_member: Client, foreign_project: Project, name: str) -> None:
    assert upload(as_member, file("a.md"), project=name).status_code == 404
    assert not Document.objects.exists()


def test_the_same_name_in_another_project_is_another_document(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    foreign = make_document(foreign_project, "a.md")
    upload(as_member, file("a.md"))
    assert Document.objects.filter(project=project).count() == 1
    foreign.refresh_from_db()
    assert foreign.state == "done"


def test_it_needs_a_signed_in_reader_a_token_and_a_post(
    client: Client, admin: User, project: Project
) -> None:
    assert upload(client, file("a.md"))["Location"].startswith("/login")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    assert upload(strict, file("a.md")).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', strict.get("/documents").content.decode())
    assert token is not None
    assert upload(strict, file("a.md"), csrfmiddlewaretoken=token[1]).status_code == 202
    assert strict.get("/documents/upload").status_code == 405


def test_a_file_of_200_mb_is_refused_unread_and_takes_none_along(
    server: LiveServer, as_admin: Client, project: Project
) -> None:
    before = _peak_memory_bytes(server)
    parts = [(b"small.md", 1), (b"huge.log", 200), (b"last.md", 1)]
    status, body = _post_megabytes(server, as_admin, parts)
    assert status == 202, body
    assert '"huge.log", "reason": "larger than 50 MB"' in body
    assert sorted(Document.objects.values_list("external_id", flat=True)) == ["last.md", "small.md"]
    assert _peak_memory_bytes(server) - before < 100 * MB


def test_a_request_of_more_than_256_mb_is_refused_as_a_whole(
    server: LiveServer, as_admin: Client, project: Project
) -> None:
    before = _peak_memory_bytes(server)
    status, body = _post_megabytes(server, as_admin, [(b"a.md", 1), (b"huge.log", 300)])
    assert (status, body) == (
        413,
        "The request is larger than 256 MB: send fewer or smaller files at once.\n",
    )
    assert not Document.objects.exists()
    assert _peak_memory_bytes(server) - before < 100 * MB


def _peak_memory_bytes(server: LiveServer) -> int:
    """The most that the server's process has ever held."""
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def _post_megabytes(server: LiveServer, client: Client, parts: list[tuple[bytes, int]]) -> tuple[int, str]:
    """Post files of so many megabytes as the client, piece by piece; status and body of the answer."""
    token = client.get("/documents").context["csrf_token"]
    fields = {"csrfmiddlewaretoken": str(token), "project": "ci-agent", "type": "doc"}
    head = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ).encode()
    opened = [
        b'--%s\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n'
        % (BOUNDARY.encode(), name)
        for name, _ in parts
    ]
    end = f"--{BOUNDARY}--\r\n".encode()
    size = len(head) + sum(len(line) + 2 for line in opened) + sum(mb for _, mb in parts) * MB + len(end)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    connection.putrequest("POST", "/documents/upload")
    for name, value in _headers(client, size).items():
        connection.putheader(name, value)
    connection.endheaders(head)
    for line, (_, mb) in zip(opened, parts, strict=True):
        connection.send(line)
        for _ in range(mb):
            connection.send(b"a" * MB)
        connection.send(b"\r\n")
    connection.send(end)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def _headers(client: Client, size: int) -> dict[str, str]:
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return {
        "Accept": "application/json",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(size),
        "Cookie": cookies,
    }
