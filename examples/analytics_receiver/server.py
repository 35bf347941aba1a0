"""The HTTP of the receiver: `POST /events` for deliveries, `GET /` for the page."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from examples.analytics_receiver.page import page_of
from examples.analytics_receiver.store import EventStore

MAX_BODY_BYTES = 16 * 1024 * 1024


class Receiver(ThreadingHTTPServer):
    """Listens on this machine alone; put a proxy that speaks TLS before it."""

    def __init__(self, store: EventStore, secret: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.store = store
        self.webhook = Webhook(secret)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_GET(self) -> None:
        if self.path == "/":
            self.answer(200, page_of(self.server.store).encode(), "text/html; charset=utf-8")
        else:
            self.answer(404, b"{}")

    def do_POST(self) -> None:
        """Answer 2xx only once the events are stored: what was not acknowledged is sent again."""
        length = int(self.headers.get("content-length", 0))
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            self.answer(413, b"{}")
            return
        try:
            delivery = self.server.webhook.verify(self.rfile.read(length), self.headers_in_lower_case())
        except WebhookVerificationError:
            self.answer(401, b'{"error": "the signature does not fit"}')
            return
        new = self.server.store.add(delivery["events"])
        self.answer(202, json.dumps({"accepted": new}).encode())

    def headers_in_lower_case(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def answer(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""
