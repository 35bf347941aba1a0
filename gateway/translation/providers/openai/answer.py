"""A chat completion that a provider answered with, whole or chunk by chunk."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.translation.pivot.errors import unreadable
from gateway.translation.pivot.events import (
    Billed,
    CallDelta,
    CallStarted,
    Ended,
    Event,
    Failed,
    Finished,
    FinishReason,
    Started,
    TextDelta,
    ThinkingDelta,
    Usage,
)
from gateway.translation.pivot.json import count, mapping, objects, text
from gateway.translation.providers.reader import SseReader

_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "refusal",
}
_DEFAULT_STATUS = 502


def events_of(payload: Mapping[str, Any]) -> Iterator[Event]:
    """What a whole answer says."""
    choices = objects(payload.get("choices"))
    if not choices:
        raise unreadable("it has no choices")
    yield Started(text(payload.get("model")))
    message = mapping(choices[0].get("message"))
    yield from _said(message)
    for call in objects(message.get("tool_calls")):
        yield from _call(call)
    yield _finished(choices[0], refused=bool(message.get("refusal")))
    yield Billed(usage_of(payload.get("usage")))


def _said(message: Mapping[str, Any]) -> Iterator[Event]:
    """The texts of a message, or of a piece of one."""
    if thought := text(message.get("reasoning_content")) or text(message.get("reasoning")):
        yield ThinkingDelta(thought)
    for name in ("content", "refusal"):
        if said := text(message.get(name)):
            yield TextDelta(said)


def _call(call: Mapping[str, Any]) -> Iterator[Event]:
    function = mapping(call.get("function"))
    if not text(function.get("name")):
        raise unreadable("a call names no function")
    yield CallStarted(text(call.get("id")) or f"call_{uuid.uuid4().hex[:24]}", function["name"])
    if arguments := text(function.get("arguments")):
        yield CallDelta(arguments)


def _finished(choice: Mapping[str, Any], *, refused: bool) -> Finished:
    reason = _REASONS.get(text(choice.get("finish_reason")), "stop")
    return Finished("refusal" if refused and reason == "stop" else reason)


def usage_of(value: object) -> Usage:
    usage = mapping(value)
    sent, made = mapping(usage.get("prompt_tokens_details")), mapping(usage.get("completion_tokens_details"))
    return Usage(
        input_tokens=count(usage.get("prompt_tokens")),
        cached_tokens=count(sent.get("cached_tokens")),
        cache_write_tokens=count(sent.get("cache_write_tokens")),
        output_tokens=count(usage.get("completion_tokens")),
        reasoning_tokens=count(made.get("reasoning_tokens")),
    )


def error_of(payload: Mapping[str, Any]) -> str:
    """The message of an error; empty where it has none."""
    error = payload.get("error")
    return text(error) or text(mapping(error).get("message")) or text(payload.get("message"))


class ChatReader(SseReader):
    """Reads a stream of chunks, which closes with `[DONE]`."""

    def __init__(self) -> None:
        super().__init__()
        self._started = self._refused = False
        self._call: object = None
        self._calls = 0

    def events(self, payload: Mapping[str, Any]) -> Iterator[Event]:
        if payload.get("error"):
            yield Failed(_status_of(payload["error"]), error_of(payload))
            return
        if not self._started and "choices" in payload:
            self._started = True
            yield Started(text(payload.get("model")))
        for choice in objects(payload.get("choices"))[:1]:
            yield from self._choice(choice)
        if isinstance(payload.get("usage"), Mapping):
            yield Billed(usage_of(payload["usage"]))

    def mark(self, data: bytes) -> Iterator[Event]:
        if data == b"[DONE]":
            yield Ended()

    def _choice(self, choice: Mapping[str, Any]) -> Iterator[Event]:
        delta = mapping(choice.get("delta"))
        self._refused = self._refused or bool(delta.get("refusal"))
        yield from _said(delta)
        for call in objects(delta.get("tool_calls")):
            yield from self._piece(call)
        if choice.get("finish_reason"):
            yield _finished(choice, refused=self._refused)

    def _piece(self, call: Mapping[str, Any]) -> Iterator[Event]:
        """A piece of a call. Its place says of which; servers that leave it out send whole calls."""
        place = call.get("index", f"whole {self._calls}")
        function = mapping(call.get("function"))
        if place == self._call:
            if arguments := text(function.get("arguments")):
                yield CallDelta(arguments)
            return
        if not function.get("name"):
            raise unreadable("pieces of several calls are mixed")
        self._call, self._calls = place, self._calls + 1
        yield from _call(call)


def _status_of(error: object) -> int:
    code = mapping(error).get("code")
    return code if isinstance(code, int) and 400 <= code < 600 else _DEFAULT_STATUS
