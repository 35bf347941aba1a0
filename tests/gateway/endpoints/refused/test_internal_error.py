"""Where the gateway itself breaks, the client gets an error in its shape, and the server log the cause."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.app import app, application


@pytest.mark.parametrize("headers", [[], [(b"origin", b"http://localhost")]])
@pytest.mark.parametrize(
    ("path", "kind"), [("/v1/chat/completions", "server_error"), ("/v1/messages", "api_error")]
)
async def test_it_is_told_in_shape(
    monkeypatch: pytest.MonkeyPatch, path: str, kind: str, headers: list[tuple[bytes, bytes]]
) -> None:
    monkeypatch.setattr(app.state, "gateway", None, raising=False)
    sent: list[Any] = []
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(AttributeError):
        await application(scope, receive, send)

    assert sent[0]["status"] == 500
    error = json.loads(sent[1]["body"])["error"]
    assert error["type"] == kind
    assert "NoneType" not in error["message"]
