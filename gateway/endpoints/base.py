"""What the small endpoints share: a function that makes an answer, and its errors told in shape."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.client import Client, ClientLeft
from gateway.errors import GatewayError, InternalError
from gateway.headers import Headers
from token_optimizer.models import Dialect

if TYPE_CHECKING:
    from gateway.app import Gateway


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A whole answer in JSON."""

    body: bytes
    status: int = 200
    headers: Headers = field(default_factory=list)


Handler = Callable[["Gateway", Client, Mapping[str, str]], Awaitable[JsonAnswer | None]]


class Endpoint:
    """An ASGI endpoint around a handler, which returns its answer or None once it has sent one itself."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = Client(scope, receive, send)
        try:
            answer = await self._handler(scope["app"].state.gateway, client, scope["path_params"])
        except GatewayError as error:
            # Once an answer has begun, its connection breaks: nothing true could follow.
            answer = None if client.started else error_answer(error, client)
        except ClientLeft:
            return
        if answer is not None:
            headers = [("content-type", "application/json"), *answer.headers]
            await client.answer(answer.status, headers, answer.body)


def error_answer(error: GatewayError, client: Client) -> JsonAnswer:
    return JsonAnswer(error.body(dialect_of(client), f"req_{uuid.uuid4().hex}"), error.status)


def dialect_of(client: Client) -> Dialect:
    """Whose client this is, by its path, else by the header that every Anthropic client sends."""
    of_messages = client.path == "/v1/messages" or client.path.startswith("/v1/messages/")
    return "anthropic" if of_messages or "anthropic-version" in client.headers else "openai"


async def internal_error(request: Request, _error: Exception) -> Response:
    """The answer where the gateway itself broke; the server logs the error, the client sees none of it."""
    client = Client(request.scope, request.receive, request._send)
    answer = error_answer(InternalError("the gateway failed; its log says why"), client)
    return Response(answer.body, answer.status, media_type="application/json")
