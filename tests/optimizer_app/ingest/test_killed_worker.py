"""A Celery worker that is killed in the middle of a document: another one goes on from what is stored."""

from __future__ import annotations

import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from optimizer_app.background.wake import INGEST, wake
from optimizer_app.embeddings.client import _UnixConnection
from optimizer_app.embeddings.wire import decoded_question
from optimizer_app.ingest.accept import NewDocument, accept_documents
from optimizer_app.ingest.work import BATCH_CHUNKS
from optimizer_app.models import Document, Project
from tests.patience import PATIENCE_SECONDS
from tests.servers.celery_worker import celery_worker
from tests.state_folder import state_folder

CHUNKS = 2 * BATCH_CHUNKS + 5
HANDBOOK = "".join(f"# Part {number}\n\nRule number {number} holds here.\n\n" for number in range(CHUNKS))


class Between(socketserver.ThreadingUnixStreamServer):
    """Stands between a worker and the embedding process: knows which texts were embedded, and lets one
    question wait for ever once a batch is through."""

    daemon_threads = True

    def __init__(self, path: Path, real: Path) -> None:
        super().__init__(str(path), _Passing)
        self.real = real
        self.embedded: list[str] = []
        self.holds = True
        self.held = threading.Event()


class _Passing(BaseHTTPRequestHandler):
    server: Between

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        texts = [text for text in decoded_question(body).texts if text != "?"]
        if texts and self.server.embedded and self.server.holds:
            self.server.held.set()
            self.rfile.read()  # until the worker is gone
            return
        self.server.embedded += texts
        connection = _UnixConnection(self.server.real, PATIENCE_SECONDS)
        connection.request("POST", self.path, body)
        answer = connection.getresponse().read()
        connection.close()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """The address of a Unix client has no host to log."""


@pytest.fixture
def between(embeddings: Any, ready: Any) -> Iterator[tuple[Between, Path]]:
    with state_folder() as folder:
        (folder / "run").mkdir()
        with Between(folder / "run" / "embedding.sock", ready[1]) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server, folder
            server.shutdown()


def _worker(folder: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
    celery = [sys.executable, "-m", "celery", "--app", "config", "worker", "--concurrency", "1"]
    arguments = ["--queues", "ingest", "--without-gossip", "--without-mingle"]
    return celery_worker([*celery, *arguments], folder / "worker.log", state_dir=folder)


def _wait_until_done(document: Document) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not document.is_finished:
        assert time.monotonic() < give_up_at, f"still {document.state}, {document.embedded} embedded"
        wake(INGEST)  # as Celery's beat does
        time.sleep(0.5)
        document.refresh_from_db()


def test_it_goes_on_and_embeds_nothing_twice(
    transactional_db: None, empty_store: None, between: tuple[Between, Path]
) -> None:
    server, folder = between
    project = Project.objects.create(name="support")
    document = accept_documents(project, [NewDocument("a.md", HANDBOOK.encode())]).documents.get()
    with _worker(folder):
        wake(INGEST)
        assert server.held.wait(PATIENCE_SECONDS), (folder / "worker.log").read_text()
    server.holds = False
    document.refresh_from_db()
    assert (document.state, document.embedded) == ("embedding", BATCH_CHUNKS)
    Document.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    with _worker(folder):
        _wait_until_done(document)
    assert (document.state, document.chunks, document.embedded) == ("done", CHUNKS, CHUNKS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT title_path || E'\\n' || content FROM blocks")
        assert Counter(server.embedded) == Counter(row[0] for row in cursor.fetchall())
