"""The built-in provider: answers with what it received and its token count, so that all works offline."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.client import Headers
from gateway.echo.chat import chat_completion, chat_events
from gateway.echo.messages import message, message_events
from gateway.echo.received import ECHO_MODEL, echo_of
from token_optimizer.models import Dialect


@dataclass(frozen=True)
class EchoAnswer:
    """An answer made here, in the pieces that a provider would send."""

    pieces: tuple[bytes, ...]
    content_type: str
    status: int = 200
    framed: bool = True

    @property
    def headers(self) -> Headers:
        return [("content-type", self.content_type)]

    def header(self, name: str) -> str:
        return self.content_type if name == "content-type" else ""

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


def echo_answer(body: Mapping[str, Any], dialect: Dialect) -> EchoAnswer:
    """The answer to a request body, as JSON or as a stream, in its dialect."""
    echo = echo_of(body, dialect)
    if not body.get("stream"):
        whole = message(echo) if dialect == "anthropic" else chat_completion(echo)
        return EchoAnswer((orjson.dumps(whole),), "application/json")
    if dialect == "anthropic":
        pieces = tuple(message_events(echo))
    else:
        options = body.get("stream_options")
        with_usage = isinstance(options, Mapping) and options.get("include_usage") is True
        pieces = tuple(chat_events(echo, with_usage=with_usage))
    return EchoAnswer(pieces, "text/event-stream; charset=utf-8")


def model_list(*, anthropic: bool) -> bytes:
    """What `GET /v1/models` lists where echo is the provider."""
    if anthropic:
        model = {
            "type": "model",
            "id": ECHO_MODEL,
            "display_name": "Echo",
            "created_at": "2026-01-01T00:00:00Z",
        }
        page = {"data": [model], "has_more": False, "first_id": ECHO_MODEL, "last_id": ECHO_MODEL}
        return orjson.dumps(page)
    entry = {"id": ECHO_MODEL, "object": "model", "created": 1_767_225_600, "owned_by": "token-optimizer"}
    return orjson.dumps({"object": "list", "data": [entry]})
