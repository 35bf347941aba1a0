"""ClickHouse's engine, which `chdb` carries as a library, behind the HTTP interface of its server.

    python -m tests.servers.clickhouse FOLDER

says its port in a line, and answers until it is ended. Queries, statements and inserts are those that
ClickHouse's official client sends; sessions, users and compression are none of it. `clickhouse` is a database
of one that serves all tests of a session, which this process uses as its own.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from optimizer_app.clickhouse.client import Server, server
from tests.servers.live_server import PROJECT_ROOT
from tests.state_folder import state_folder

LOOPBACK = "127.0.0.1"
_PARAMETER = "param_"
# As ClickHouse has it by default: `http_max_field_value_size`.
MAX_VALUE_BYTES = 128 * 1024
# What the client says of its connection, which is no setting of the engine.
_OF_HTTP = frozenset({
    "query", "database", "session_id", "query_id", "compress", "enable_http_compression", "wait_end_of_query",
    "client_protocol_version", "send_progress_in_http_headers", "http_headers_progress_interval_ms",
    "cancel_http_readonly_queries_on_client_close", "default_format", "role",
})  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    engine: Any
    lock = threading.Lock()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        kind = self.headers.get("content-type", "")
        if kind.startswith("multipart/form-data"):  # So the client sends long values.
            given |= _form_values(kind, body)
            body = b""
        statement = "\n".join(part for part in (given.get("query", ""), body.decode()) if part)
        try:
            if any(len(value.encode()) > MAX_VALUE_BYTES for value in given.values()):
                raise RuntimeError("Code: 1000. HTML Form Exception: Field value too long")
            with self.lock:
                self._answer(200, self._run(statement, given))
        except RuntimeError as error:
            self._answer(500, str(error).encode())

    do_GET = do_POST

    def _run(self, statement: str, given: dict[str, str]) -> bytes:
        if database := given.get("database"):
            self.engine.query(f"USE {database}")
        for name, value in given.items():
            if name not in _OF_HTTP and not name.startswith(_PARAMETER):
                self.engine.query(f"SET {name} = '{value}'")
        parameters = {
            name.removeprefix(_PARAMETER): value
            for name, value in given.items()
            if name.startswith(_PARAMETER)
        }
        output = given.get("default_format", "TabSeparated")
        return bytes(self.engine.query(statement, output, params=parameters).bytes())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status != 200:
            self.send_header(
                "X-ClickHouse-Exception-Code", body.partition(b"Code: ")[2].partition(b".")[0].decode()
            )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def _form_values(kind: str, body: bytes) -> dict[str, str]:
    form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    parts = [part for part in form.walk() if not part.is_multipart()]
    return {
        str(part.get_param("name", header="content-disposition")): bytes(
            part.get_payload(decode=True)
        ).decode()
        for part in parts
    }


@contextmanager
def clickhouse_server(folder: Path) -> Iterator[str]:
    """The URL of one with its data in a folder."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder)],
        cwd=PROJECT_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://{LOOPBACK}:{int(process.stdout.readline())}"
        finally:
            process.kill()


@pytest.fixture(scope="session")
def clickhouse_url() -> Iterator[str]:
    # Its process alone imports it: its handlers of fatal signals wait for threads, which a fork lacks.
    if find_spec("chdb") is None:
        pytest.skip("chdb-core-lite is not installed")
    with state_folder() as folder, clickhouse_server(folder) as url:
        yield url


@pytest.fixture
def clickhouse(clickhouse_url: str, db: None, settings: Any) -> Iterator[Server]:
    """An empty database, to which traces are copied from now on."""
    # Models, which this module is loaded before.
    from optimizer_app.clickhouse.copying import start_or_stop_copying

    name = f"test_{uuid.uuid4().hex}"
    Server(clickhouse_url).run(f"CREATE DATABASE {name}")
    settings.CLICKHOUSE_URL = f"{clickhouse_url}/{name}"
    start_or_stop_copying()
    yield server()
    Server(clickhouse_url).run(f"DROP DATABASE {name}")


def _serve(folder: str) -> None:
    from chdb.session import Session

    _Handler.engine = Session(f"{folder}/clickhouse")
    with ThreadingHTTPServer((LOOPBACK, 0), _Handler) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    _serve(sys.argv[1])
