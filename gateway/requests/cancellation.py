"""Requests that the server cancels as it stops: they end without a traceback in its log."""

from __future__ import annotations

import asyncio

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

log = structlog.get_logger(__name__)


class EndedWithServer:
    """Middleware around requests that have a task of their own, which only the stopping server cancels.

    The connection breaks all the same, as an answer that was begun has no ending.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            log.warning("request_ended_with_the_server", path=scope["path"])
