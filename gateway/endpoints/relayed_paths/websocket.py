"""Websockets, which are not spoken here: refused at once, so that clients go on over HTTP."""

from __future__ import annotations

import uuid

from starlette.types import Receive, Scope, Send

from gateway.endpoints.base import JSON_TYPE
from gateway.errors import UpgradeRequired, id_headers
from gateway.requests.client import encoded


class RefusedWebsocket:
    """Answers a handshake with 426. No key is asked for: nothing is given away."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        error = UpgradeRequired("websockets are not spoken here: use HTTP with server-sent events")
        request_id = f"req_{uuid.uuid4().hex}"
        headers = encoded([JSON_TYPE, ("upgrade", "HTTP/1.1"), *id_headers(request_id)])
        await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
        body = error.body("openai", request_id)
        await send({"type": "websocket.http.response.body", "body": body, "more_body": False})
