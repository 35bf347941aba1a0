"""A limit for the size of request bodies. Django alone would write one of any size to the disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

MAX_BYTES = 10 * 1024**2


class TooLarge(Exception):
    """The body is larger than allowed."""


class BoundedBody:
    """An ASGI application whose requests hold at most 10 MB, or what `exceptions` allow by path.

    A request whose Content-Length is larger is read to its end and thrown away, since a browser shows no
    answer before it has sent everything; then it is refused with a 413. What the exceptions allow is read of
    those alone who are known.
    """

    def __init__(
        self,
        application: Any,
        exceptions: Mapping[str, int],
        is_known: Callable[[Scope], Awaitable[bool]],
    ) -> None:
        self.application = application
        self.exceptions = exceptions
        self.is_known = is_known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        max_bytes = self.exceptions.get(scope.get("path", ""), MAX_BYTES)
        if max_bytes > MAX_BYTES and scope["method"] == "POST" and not await self.is_known(scope):
            await _answer(scope, receive, send, 403, "Sign in before you send files.\n")
            return
        if scope["type"] != "http" or _declared_bytes(scope) <= max_bytes:
            await self._forward(scope, receive, send, max_bytes)
            return
        while (message := await receive())["type"] == "http.request" and message.get("more_body"):
            pass
        await _refuse(scope, receive, send, max_bytes)

    async def _forward(self, scope: Scope, receive: Receive, send: Send, max_bytes: int) -> None:
        left = max_bytes

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLarge
            return message

        try:
            await self.application(scope, bounded, send)
        except TooLarge:
            await _refuse(scope, receive, send, max_bytes)


def _declared_bytes(scope: Scope) -> int:
    """The Content-Length; 0 where there is none, as in a body that comes in chunks."""
    declared: Any = dict(scope["headers"]).get(b"content-length", b"0")
    return int(declared) if declared.isdigit() else 0


async def _refuse(scope: Scope, receive: Receive, send: Send, max_bytes: int) -> None:
    text = f"The request is larger than {max_bytes // 1024**2} MB: send fewer or smaller files at once.\n"
    await _answer(scope, receive, send, 413, text)


async def _answer(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    await PlainTextResponse(text, status, {"connection": "close"})(scope, receive, send)
