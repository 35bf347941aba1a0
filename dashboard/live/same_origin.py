"""Websockets for our own pages alone: a browser sends its cookies along whatever page asks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from starlette.types import Receive, Scope, Send

FOREIGN_ORIGIN = 4403


class SameOrigin:
    """An ASGI application whose handshakes come from a page of the host that they go to."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin", "")
        is_ours = urlsplit(origin).netloc == headers.get(b"host") or origin in settings.CSRF_TRUSTED_ORIGINS
        if origin and is_ours:
            await self.application(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": FOREIGN_ORIGIN})
