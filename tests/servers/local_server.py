"""A small HTTP server on a loopback socket, in threads, that records what it received byte for byte."""

from __future__ import annotations

import json
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.patience import PATIENCE_SECONDS


@dataclass(frozen=True)
class Received:
    """One request as it came. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes

    @cached_property
    def json(self) -> Any:
        """The parsed body; None where it is no JSON."""
        try:
            return json.loads(self.raw)
        except ValueError:
            return None


class Wire(BaseHTTPRequestHandler):
    """One connection: reads requests for its server's `owner`, and writes what that answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner: LocalServer

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.owner.handle(Received(self.command, self.path, headers, raw), self)

    do_GET = do_DELETE = do_POST

    def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """A whole answer with its length."""
        self.open(
            status, {"content-type": "application/json", **(headers or {}), "content-length": str(len(body))}
        )
        self.wfile.write(body)

    def open(self, status: int, headers: Mapping[str, str]) -> None:
        """The status line and the headers alone."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send_chunk(self, data: bytes) -> None:
        """One chunk of a chunked answer; an empty one ends it."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def hang_up(self) -> None:
        """Close the connection in the middle of whatever was being said."""
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read `requests`, not a log on stderr."""


class Listener(ThreadingHTTPServer):
    """A client that leaves early is part of many tests, and no reason for a traceback."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class LocalServer(ABC):
    """Serves in background threads inside a `with`; `requests` holds what came, oldest first."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[Received] = []
        self._came = threading.Condition()
        wire = type("OwnedWire", (Wire,), {"owner": self})
        self._http = Listener(("127.0.0.1", port), wire)
        self._http.block_on_close = False  # a held stream must not hold the end of a test
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def handle(self, request: Received, wire: Wire) -> None:
        with self._came:
            self.requests.append(request)
            self._came.notify_all()
        self.answer(request, wire)

    def wait_for(self, count: int, timeout_seconds: float = PATIENCE_SECONDS) -> list[Received]:
        """The requests, once there are `count` of them."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.requests) >= count, timeout_seconds):
                raise AssertionError(f"{len(self.requests)} of {count} requests came in {timeout_seconds} s")
            return list(self.requests)

    @abstractmethod
    def answer(self, request: Received, wire: Wire) -> None:
        """Write the whole answer to one request."""
