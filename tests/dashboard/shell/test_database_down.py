"""Pages while PostgreSQL does not answer."""

from __future__ import annotations

from collections.abc import Callable

import requests

from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import LiveServer

NOBODY = "postgres://nobody:the-pass-word@127.0.0.1:1/none"


def test_every_page_says_what_is_down_and_what_to_do(start_server: Callable[..., LiveServer]) -> None:
    server = start_server(DATABASE_URL=NOBODY)
    for path in ("/", "/system"):
        answer = requests.get(server.url + path, cookies={"sessionid": "somebody"}, timeout=PATIENCE_SECONDS)
        assert answer.status_code == 503
        assert "PostgreSQL does not answer" in answer.text
        assert "Start the server that <code>DATABASE_URL</code> names" in answer.text
        assert "the-pass-word" not in answer.text
        assert answer.headers["Retry-After"]
