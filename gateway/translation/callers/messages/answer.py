"""An answer as one of Anthropic's messages, whole or event by event."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from gateway.dialects.sse import sse_event
from gateway.translation.callers.writer import StreamWriter
from gateway.translation.pivot.conversation import Conversation, RedactedThinking, Text, Thinking
from gateway.translation.pivot.errors import unreadable
from gateway.translation.pivot.events import (
    AnswerPart,
    Billed,
    CallDelta,
    CallPart,
    CallStarted,
    Ended,
    Event,
    Failed,
    Finished,
    Started,
    TextDelta,
    ThinkingDelta,
    ThinkingRedacted,
    ThinkingSigned,
    Usage,
    WholeAnswer,
)
from gateway.translation.pivot.json import without_nones
from gateway.translation.pivot.thinking import thinking_block

Json = dict[str, Any]
_REASONS = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "refusal": "refusal",
    "paused": "pause_turn",
}
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def write_answer(answer: WholeAnswer) -> Json:
    """The body of a message."""
    return {
        **_base(answer.model),
        "content": [_block(part) for part in answer.parts],
        "stop_reason": _REASONS[answer.finish.reason],
        "stop_sequence": answer.finish.stop_sequence,
        "usage": _usage(answer.usage),
    }


def _base(model: str) -> Json:
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _block(part: AnswerPart) -> Json:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case CallPart():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": _input(part)}
        case Thinking() | RedactedThinking():
            return thinking_block(part)


def _input(call: CallPart) -> Mapping[str, Any]:
    try:
        arguments = orjson.loads(call.arguments or "{}")
    except orjson.JSONDecodeError:
        arguments = None
    if not isinstance(arguments, dict):
        raise unreadable("the arguments of a call are no JSON object")
    return arguments


def _usage(usage: Usage) -> Json:
    """What went through the cache stands beside `input_tokens` here."""
    fresh = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
    written = usage.cache_write_1h_tokens
    lifetimes = {
        "ephemeral_5m_input_tokens": usage.cache_write_tokens - written,
        "ephemeral_1h_input_tokens": written,
    }
    return without_nones(
        input_tokens=max(0, fresh),
        cache_creation_input_tokens=usage.cache_write_tokens,
        cache_read_input_tokens=usage.cached_tokens,
        cache_creation=lifetimes if usage.cache_write_tokens else None,
        output_tokens=usage.output_tokens,
        output_tokens_details={"thinking_tokens": usage.reasoning_tokens} if usage.reasoning_tokens else None,
    )


def write_error(status: int, message: str) -> Json:
    """The body of an error."""
    kind = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}}


class MessagesWriter(StreamWriter):
    """Writes events, block after block."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__()
        self._model = conversation.model
        self._open: str | None = None
        self._index = -1
        self._finish = Finished("stop")
        self._usage = Usage()

    def pieces(self, event: Event) -> Iterator[bytes]:
        match event:
            case Started():
                self._usage = event.usage or self._usage
                message = {**_base(event.model or self._model), "usage": _usage(self._usage)}
                yield _event("message_start", message=message)
            case Finished():
                self._finish = event
            case Billed():
                self._usage = event.usage
            case Ended():
                yield from self._ending()
            case Failed():
                yield sse_event(write_error(event.status, event.message), named=True)
            case _:
                yield from self._content(event)

    def _content(self, event: Event) -> Iterator[bytes]:
        match event:
            case TextDelta():
                yield from self._begun("text", {"type": "text", "text": ""})
                yield self._delta(type="text_delta", text=event.text)
            case ThinkingDelta():
                yield from self._begun("thinking", thinking_block(Thinking("")))
                yield self._delta(type="thinking_delta", thinking=event.text)
            case ThinkingSigned():
                yield from self._begun("thinking", thinking_block(Thinking("")))
                yield self._delta(type="signature_delta", signature=event.signature.marked("anthropic"))
                yield from self._closed()
            case ThinkingRedacted():
                yield from self._begun(None, thinking_block(RedactedThinking(event.data)))
                yield from self._closed()
            case CallStarted():
                block = {"type": "tool_use", "id": event.id, "name": event.name, "input": {}}
                yield from self._begun(None, block)
            case CallDelta():
                yield self._delta(type="input_json_delta", partial_json=event.arguments)

    def _begun(self, kind: str | None, block: Json) -> Iterator[bytes]:
        """A block begun, where none of its kind is open. `None` is never the same as what is open."""
        if kind is not None and kind == self._open:
            return
        yield from self._closed()
        self._open, self._index = kind or "whole", self._index + 1
        yield _event("content_block_start", index=self._index, content_block=block)

    def _closed(self) -> Iterator[bytes]:
        if self._open is not None:
            self._open = None
            yield _event("content_block_stop", index=self._index)

    def _delta(self, **delta: str) -> bytes:
        return _event("content_block_delta", index=self._index, delta=delta)

    def _ending(self) -> Iterator[bytes]:
        yield from self._closed()
        delta = {"stop_reason": _REASONS[self._finish.reason], "stop_sequence": self._finish.stop_sequence}
        yield _event("message_delta", delta=delta, usage=_usage(self._usage))
        yield _event("message_stop")


def _event(name: str, **fields: Any) -> bytes:
    return sse_event({"type": name, **fields}, named=True)
