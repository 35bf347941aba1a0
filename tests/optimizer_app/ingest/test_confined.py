"""Files that are made to break their reader: each ends in a reason, in time, and within its memory."""

from __future__ import annotations

import io
import mmap
import os
import resource
import socket
import subprocess
import zipfile
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from optimizer_app.ingest import confined
from optimizer_app.ingest.confined import read_confined
from optimizer_app.ingest.read import ReadDocument, read_document
from optimizer_app.ingest.readers.problems import UnreadableDocument

MEGABYTE = 1024**2


def _zip_bomb() -> bytes:
    """200 MB of XML elements in 200 kB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"<a>" + b"<b/>" * (49 * MEGABYTE) + b"</a>")
    return file.getvalue()


HOSTILE = {
    "bomb.docx": _zip_bomb,
    "deep.html": lambda: b"<html><body>" + b"<div>" * 200_000 + b"text",
    "deep.json": lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "lists.json": lambda: b"[" * 900 + b'"text"' + b"]" * 900,
    "line.csv": lambda: b"name,text\n" + b"a," + b"word " * (2 * MEGABYTE) + b"\n",
    "cell.csv": lambda: b'name,text\n"' + b"word " * (MEGABYTE // 2),
    "spaces.py": lambda: b"f()" + b" " * (4 * MEGABYTE) + b"x\n",
    "calls.c": lambda: b"f(" + b") " * (2 * MEGABYTE) + b"x\n",
    "hashes.md": lambda: b"# a" + b" #" * MEGABYTE + b" b\n",
    "nulls.txt": lambda: b"some text\x00 and more " * 100,
    "surrogate.json": lambda: b'{"key \\ud800": "text \\udfff"}',
    "broken.pdf": lambda: b"%PDF-1.7\n" + b"1 0 obj << /Kids [1 0 R] >> endobj\n" * 1000,
    "letter.txt": lambda: b"x" * (2 * MEGABYTE),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read_or_refused(name: str) -> None:
    with suppress(UnreadableDocument):
        assert read_confined(HOSTILE[name](), name=name).chunks


def test_it_reads_what_the_reader_reads() -> None:
    text = "# Title\n\nText with an ümlaut.\n\n## Part\n\nMore."
    assert read_confined(text.encode(), name="a.md") == read_document(text.encode(), name="a.md")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (MemoryError(), "took more than 1,024 MB of memory"),
        (RecursionError(), "nested too deeply"),
        (TypeError("held text of the document"), r"its reader failed \(TypeError\)"),
        (UnreadableDocument("the file is empty"), "the file is empty"),
    ],
)
def test_whatever_the_reader_raises_is_a_reason(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, reason: str
) -> None:
    def fail(*_args: object, **_options: object) -> ReadDocument:
        raise failure

    monkeypatch.setattr(confined, "read_text", fail)
    with pytest.raises(UnreadableDocument, match=reason) as told:
        read_confined(b"text")
    assert "held text" not in str(told.value)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(*_args: object, **_options: object) -> ReadDocument:
        return len(bytearray(2 * confined.MAX_MEMORY_BYTES))  # type: ignore[return-value]

    monkeypatch.setattr(confined, "read_text", take)
    with pytest.raises(UnreadableDocument, match="of memory"):
        read_confined(b"text")
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


def test_it_has_no_rights_of_its_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret, written = tmp_path / "secret", tmp_path / "written"
    secret.write_text("secret")
    tmp_path.chmod(0o700)

    def look(*_args: object, **_options: object) -> ReadDocument:
        status = Path("/proc/self/status").read_text()
        with suppress(PermissionError):
            status += secret.read_text()
        with suppress(OSError):
            written.write_text("text")
        raise UnreadableDocument(status)

    monkeypatch.setattr(confined, "read_text", look)
    with pytest.raises(UnreadableDocument, match="CapEff:\t0000000000000000\n") as told:
        read_confined(b"text")
    assert "NoNewPrivs:\t1\n" in str(told.value)
    assert not (written.exists() and written.read_text())
    if os.geteuid() == 0:
        assert "secret" not in str(told.value)


@pytest.mark.skipif(
    subprocess.run(["unshare", "--user", "--net", "true"], capture_output=True).returncode != 0,
    reason="this system lets no process leave the network",
)
def test_it_reaches_no_server_of_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def connect(*_args: object, **_options: object) -> ReadDocument:
            socket.create_connection(server.getsockname(), 1)
            raise UnreadableDocument("connected")

        monkeypatch.setattr(confined, "read_text", connect)
        with pytest.raises(UnreadableDocument, match=r"its reader failed \(OSError|ConnectionRefusedError\)"):
            read_confined(b"text")


def test_a_crash_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "read_text", lambda *_args, **_options: os.abort())
    with pytest.raises(UnreadableDocument, match="its reader crashed"):
        read_confined(b"text")


def test_a_reader_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = mmap.mmap(-1, mmap.PAGESIZE)

    def hang(*_args: object, **_options: object) -> ReadDocument:
        shared.write(str(os.getpid()).encode())
        while True:
            pass

    monkeypatch.setattr(confined, "read_text", hang)
    with pytest.raises(UnreadableDocument, match="took longer than 2 s"):
        read_confined(b"text", max_seconds=2.0)
    assert not psutil.pid_exists(int(shared[:].rstrip(b"\0")))
