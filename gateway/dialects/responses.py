"""OpenAI's Responses API. Its streams tell the usage unasked, in the event that closes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from gateway.dialects.base import ApiDialect, count_of, details_of
from gateway.dialects.edits import Edit, compactions
from gateway.dialects.sse import StreamTap, parsed_event, text_member
from gateway.errors import BadRequest
from gateway.requests.bodies.body import Body, Name, checked
from optimizer_app.models import Provider
from optimizer_app.optimize.usage import Usage

_CLOSING = frozenset({"response.completed", "response.incomplete", "response.failed"})


def _items(value: object) -> object:
    """The items of an `input`; a text is none."""
    if value is None or isinstance(value, str):
        return None
    if isinstance(value, list):
        return value
    raise PydanticCustomError("input", "a string or a list of items")


class ResponsesBody(Body):
    """A stored prompt may hold the model and the input, as an earlier response or a conversation may."""

    model: Name | None = None
    input: Annotated[list[dict] | None, BeforeValidator(_items)] = None
    prompt: Any = None


class ResponsesDialect(ApiDialect):
    name = "responses"
    path = "/v1/responses"
    provider_kind = Provider.Kind.OPENAI.value

    def check(self, body: Mapping[str, Any]) -> None:
        fields = checked(ResponsesBody, body)
        if fields.model is None and fields.prompt is None:
            raise BadRequest("model is missing", param="model")

    def usage(self, usage: Mapping[str, Any]) -> Usage:
        details = details_of(usage, "input_tokens_details")
        return Usage(
            input_tokens=count_of(usage.get("input_tokens")),
            cached_tokens=count_of(details.get("cached_tokens")),
            cache_write_tokens=count_of(details.get("cache_write_tokens")),
            output_tokens=count_of(usage.get("output_tokens")),
            reasoning_tokens=count_of(details_of(usage, "output_tokens_details").get("reasoning_tokens")),
        )

    def edits_of(self, payload: Mapping[str, Any]) -> list[Edit]:
        return compactions(payload.get("output"))

    def tap(self, *, strip_usage: bool = False) -> ResponsesTap:
        return ResponsesTap()


class ResponsesTap(StreamTap):
    """Closes with `response.completed`, `response.incomplete` or `response.failed`."""

    # Events that close a part tell its whole text again, under another name.
    text = text_member(b"delta")

    def note(self, event: bytes) -> bytes:
        if (b'"response.' in event and b'"usage"' in event) or b'"error"' in event:
            self._note(parsed_event(event))
        return event

    def _note(self, payload: Mapping[str, Any]) -> None:
        kind = payload.get("type")
        self.failed = self.failed or kind in ("error", "response.failed")
        if kind not in _CLOSING:
            return
        self.finished = True
        response = payload.get("response")
        response = response if isinstance(response, Mapping) else {}
        usage = response.get("usage")
        self.usage = usage if isinstance(usage, Mapping) else {}
        self.edits = compactions(response.get("output"))


RESPONSES = ResponsesDialect()
