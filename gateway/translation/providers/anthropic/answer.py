"""A message that a provider answered with, whole or event by event."""

from __future__ import annotations

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
    ThinkingRedacted,
    ThinkingSigned,
    Usage,
)
from gateway.translation.pivot.json import compact, count, mapping, objects, text
from gateway.translation.pivot.signatures import Signature
from gateway.translation.providers.reader import SseReader

_REASONS: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_calls",
    "refusal": "refusal",
    "pause_turn": "paused",
}
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_DEFAULT_STATUS = 500


def events_of(payload: Mapping[str, Any]) -> Iterator[Event]:
    """What a whole answer says."""
    if not isinstance(payload.get("content"), list):
        raise unreadable("it has no content")
    yield Started(text(payload.get("model")))
    for block in objects(payload["content"]):
        yield from _block(block)
    yield _finished(payload)
    yield Billed(usage_of(payload.get("usage")))


def _block(block: Mapping[str, Any]) -> Iterator[Event]:
    """What a block says that is whole, or that is only begun."""
    match block.get("type"):
        case "text":
            if said := text(block.get("text")):
                yield TextDelta(said)
        case "thinking":
            if thought := text(block.get("thinking")):
                yield ThinkingDelta(thought)
            if signature := text(block.get("signature")):
                yield ThinkingSigned(Signature(signature, "anthropic"))
        case "redacted_thinking":
            yield ThinkingRedacted(text(block.get("data")))
        case "tool_use":
            yield CallStarted(text(block.get("id")), text(block.get("name")))
            if arguments := mapping(block.get("input")):
                yield CallDelta(compact(arguments))
        case kind:
            raise unreadable(f"there is no word for {str(kind)[:40]!r}")


def _finished(holder: Mapping[str, Any]) -> Finished:
    reason = _REASONS.get(text(holder.get("stop_reason")), "stop")
    return Finished(reason, text(holder.get("stop_sequence")) or None)


def usage_of(value: object) -> Usage:
    """What went through the cache stands beside `input_tokens`, and is added to it."""
    usage = mapping(value)
    cached, written = (
        count(usage.get("cache_read_input_tokens")),
        count(usage.get("cache_creation_input_tokens")),
    )
    return Usage(
        input_tokens=count(usage.get("input_tokens")) + cached + written,
        cached_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=count(mapping(usage.get("cache_creation")).get("ephemeral_1h_input_tokens")),
        output_tokens=count(usage.get("output_tokens")),
        reasoning_tokens=count(mapping(usage.get("output_tokens_details")).get("thinking_tokens")),
    )


def error_of(payload: Mapping[str, Any]) -> str:
    """The message of an error; empty where it has none."""
    return text(mapping(payload.get("error")).get("message"))


class MessagesReader(SseReader):
    """Reads a stream of messages. Events that are not known say nothing, as Anthropic asks of clients."""

    def __init__(self) -> None:
        super().__init__()
        # Later numbers are running totals, and replace earlier ones.
        self._usage: dict[str, Any] = {}

    def events(self, payload: Mapping[str, Any]) -> Iterator[Event]:
        match payload.get("type"):
            case "message_start":
                message = mapping(payload.get("message"))
                self._merge(message.get("usage"))
                yield Started(text(message.get("model")), usage_of(self._usage))
            case "content_block_start":
                yield from _block(mapping(payload.get("content_block")))
            case "content_block_delta":
                yield from _delta(mapping(payload.get("delta")))
            case "message_delta":
                self._merge(payload.get("usage"))
                yield _finished(mapping(payload.get("delta")))
                yield Billed(usage_of(self._usage))
            case "message_stop":
                yield Ended()
            case "error":
                kind = text(mapping(payload.get("error")).get("type"))
                yield Failed(_STATUSES.get(kind, _DEFAULT_STATUS), error_of(payload))

    def _merge(self, usage: object) -> None:
        self._usage |= {name: value for name, value in mapping(usage).items() if value is not None}


def _delta(delta: Mapping[str, Any]) -> Iterator[Event]:
    match delta.get("type"):
        case "text_delta":
            yield TextDelta(text(delta.get("text")))
        case "thinking_delta":
            yield ThinkingDelta(text(delta.get("thinking")))
        case "signature_delta":
            yield ThinkingSigned(Signature(text(delta.get("signature")), "anthropic"))
        case "input_json_delta":
            yield CallDelta(text(delta.get("partial_json")))
