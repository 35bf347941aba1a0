"""What Bedrock's `Converse` answers with, whole or as events of Amazon's event streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.requests.bodies.body import json_object
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
from gateway.translation.providers.reader import StreamReader

STREAM_TYPE = "application/vnd.amazon.eventstream"
_REASONS: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop_sequence": "stop_sequence",
    "guardrail_intervened": "refusal",
    "content_filtered": "refusal",
}
_STATUSES = {
    "validationException": 400,
    "throttlingException": 429,
    "serviceUnavailableException": 503,
    "internalServerException": 500,
}
_DEFAULT_STATUS = 502


def events_of(payload: Mapping[str, Any]) -> Iterator[Event]:
    """What a whole answer says."""
    message = mapping(payload.get("output")).get("message")
    if not isinstance(message, Mapping):
        raise unreadable("it has no message")
    yield Started("")
    for block in objects(message.get("content")):
        yield from _block(block)
    yield _finished(payload)
    yield Billed(usage_of(payload.get("usage")))


def _block(block: Mapping[str, Any]) -> Iterator[Event]:
    if "text" in block:
        yield TextDelta(text(block["text"]))
    elif "toolUse" in block:
        call = mapping(block["toolUse"])
        yield from _begun(block)
        if arguments := mapping(call.get("input")):
            yield CallDelta(compact(arguments))
    elif "reasoningContent" in block:
        content = mapping(block["reasoningContent"])
        yield from _reasoning(mapping(content.get("reasoningText")) or content)
    else:
        raise unreadable(f"there is no word for {min(block, default='an empty block')[:40]!r}")


def _begun(block: Mapping[str, Any]) -> Iterator[Event]:
    """What the start of a block says: which call it is."""
    if call := mapping(block.get("toolUse")):
        yield CallStarted(text(call.get("toolUseId")), text(call.get("name")))
    elif block:
        raise unreadable(f"there is no word for {min(block)[:40]!r}")


def _reasoning(content: Mapping[str, Any]) -> Iterator[Event]:
    if thought := text(content.get("text")):
        yield ThinkingDelta(thought)
    if signature := text(content.get("signature")):
        yield ThinkingSigned(Signature(signature, "anthropic"))
    if redacted := text(content.get("redactedContent")):
        yield ThinkingRedacted(redacted)


def _finished(holder: Mapping[str, Any]) -> Finished:
    reason = text(holder.get("stopReason"))
    if reason.startswith("malformed_"):
        raise unreadable(f"it finished with {reason[:40]}")
    sequence = mapping(holder.get("additionalModelResponseFields")).get("stop_sequence")
    return Finished(_REASONS.get(reason, "stop"), text(sequence) or None)


def usage_of(value: object) -> Usage:
    """What went through the cache stands beside `inputTokens`, and is added to it."""
    usage = mapping(value)
    cached, written = count(usage.get("cacheReadInputTokens")), count(usage.get("cacheWriteInputTokens"))
    details = objects(usage.get("cacheDetails"))
    return Usage(
        input_tokens=count(usage.get("inputTokens")) + cached + written,
        cached_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=sum(count(one.get("inputTokens")) for one in details if one.get("ttl") == "1h"),
        output_tokens=count(usage.get("outputTokens")),
    )


def error_of(payload: Mapping[str, Any]) -> str:
    """The message of an error; empty where it has none."""
    return text(payload.get("message")) or text(payload.get("Message"))


class ConverseReader(StreamReader):
    """Reads an event stream by botocore's parser, which checks its sums."""

    def __init__(self) -> None:
        # Most gateways never talk to Bedrock, and botocore takes a tenth of a second to import.
        from botocore.eventstream import EventStreamBuffer

        self._buffer = EventStreamBuffer()
        self._is_finished = False

    def feed(self, data: bytes) -> Iterator[Event]:
        from botocore.eventstream import ParserError

        self._buffer.add_data(data)
        try:
            for message in self._buffer:
                yield from self._events(message.headers, json_object(message.payload) or {})
        except ParserError:
            raise unreadable("its event stream is broken") from None

    def _events(self, headers: Mapping[str, Any], payload: Mapping[str, Any]) -> Iterator[Event]:
        kind = text(headers.get(":event-type"))
        if headers.get(":message-type") != "event":
            named = text(headers.get(":exception-type")) or text(headers.get(":error-code"))
            said = error_of(payload) or text(headers.get(":error-message"))
            yield Failed(_STATUSES.get(named, _DEFAULT_STATUS), said or named)
        elif kind == "messageStart":
            yield Started("")
        elif kind == "contentBlockStart":
            yield from _begun(mapping(payload.get("start")))
        elif kind == "contentBlockDelta":
            yield from _delta(mapping(payload.get("delta")))
        elif kind == "messageStop":
            self._is_finished = True
            yield _finished(payload)
        elif kind == "metadata":
            yield Billed(usage_of(payload.get("usage")))

    def end(self) -> Iterator[Event]:
        """The stream has no closing event: what was billed comes last, after how it finished."""
        if self._is_finished:
            yield Ended()


def _delta(delta: Mapping[str, Any]) -> Iterator[Event]:
    if "text" in delta:
        yield TextDelta(text(delta["text"]))
    elif "toolUse" in delta:
        yield CallDelta(text(mapping(delta["toolUse"]).get("input")))
    elif "reasoningContent" in delta:
        yield from _reasoning(mapping(delta["reasoningContent"]))
