"""The built-in provider: answers with what it received and its token count, so that all works offline."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.echo.chat import chat_completion, chat_events
from gateway.echo.messages import message, message_events
from gateway.echo.responses import response, response_events
from gateway.errors import BadRequest
from gateway.requests.client import Headers
from optimizer_app.providers.echo import ECHO_MODEL, Echo, echo_of
from token_optimizer.errors import PromptError
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
    """The answer to a request body, as JSON or as a stream, in its dialect. Like any provider echo refuses
    what is no prompt."""
    if dialect != "responses" and not isinstance(body.get("messages"), list):
        raise BadRequest("the request body must be a JSON object with a list of messages")
    if dialect == "responses" and not isinstance(body.get("input"), str | list):
        raise BadRequest("the request body must be a JSON object with an input")
    try:
        echo = echo_of(body, dialect)
    except PromptError as error:
        raise BadRequest(str(error)) from error
    if body.get("stream"):
        return EchoAnswer(tuple(_events(echo, body, dialect)), "text/event-stream; charset=utf-8")
    whole = {"openai": chat_completion, "anthropic": message, "responses": response}[dialect](echo)
    return EchoAnswer((orjson.dumps(whole),), "application/json")


def _events(echo: Echo, body: Mapping[str, Any], dialect: Dialect) -> Iterator[bytes]:
    if dialect == "anthropic":
        return message_events(echo)
    if dialect == "responses":
        return response_events(echo)
    options = body.get("stream_options")
    with_usage = isinstance(options, Mapping) and options.get("include_usage") is True
    return chat_events(echo, with_usage=with_usage)


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
