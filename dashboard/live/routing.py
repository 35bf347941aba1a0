"""Websocket addresses."""

from __future__ import annotations

from django.urls import path, re_path
from starlette.types import Receive, Scope, Send

from dashboard.live.consumers import LiveConsumer

NO_SUCH_SOCKET = 4404


async def unknown_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a handshake at an address that is none."""
    await receive()
    await send({"type": "websocket.close", "code": NO_SUCH_SOCKET})


# Channels routes to ASGI applications by Django's patterns, which are typed for views.
websocket_urlpatterns = [
    path("ws/live", LiveConsumer.as_asgi()),
    re_path("", unknown_socket),  # type: ignore[arg-type]
]
