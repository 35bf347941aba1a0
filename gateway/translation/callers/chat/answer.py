"""An answer as a chat completion, whole or chunk by chunk.

Thinking stands where most servers have it, in `reasoning_content`; with its signatures, by which it is
taken back, in `thinking_blocks`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.dialects.sse import sse_event
from gateway.translation.callers.writer import StreamWriter
from gateway.translation.pivot.conversation import Conversation, RedactedThinking, Thinking
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
    add_to,
)
from gateway.translation.pivot.json import without_nones
from gateway.translation.pivot.thinking import thinking_block

Json = dict[str, Any]
_REASONS = {
    "stop": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "refusal": "content_filter",
    "paused": "stop",
}
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def write_answer(answer: WholeAnswer) -> Json:
    """The body of a chat completion."""
    choice = {
        "index": 0,
        "message": _message(answer),
        "logprobs": None,
        "finish_reason": _REASONS[answer.finish.reason],
    }
    return {**_base("chat.completion", answer.model), "choices": [choice], "usage": _usage(answer.usage)}


def _base(kind: str, model: str) -> Json:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _message(answer: WholeAnswer) -> Json:
    thought = [part for part in answer.parts if isinstance(part, Thinking)]
    blocks = [_block(part) for part in answer.parts if _is_signed(part)]
    message: Json = {"role": "assistant", "content": answer.text or None, "refusal": None}
    return message | without_nones(
        reasoning_content="".join(part.text for part in thought) or None,
        thinking_blocks=blocks or None,
        tool_calls=[_call(call) for call in answer.calls] or None,
    )


def _is_signed(part: AnswerPart) -> bool:
    return isinstance(part, RedactedThinking) or (isinstance(part, Thinking) and part.signature is not None)


def _block(part: AnswerPart) -> Json:
    assert isinstance(part, Thinking | RedactedThinking)
    return thinking_block(part)


def _call(call: CallPart) -> Json:
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": call.id, "type": "function", "function": function}


def _usage(usage: Usage) -> Json:
    sent = {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens}
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": sent,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def write_error(status: int, message: str) -> Json:
    """The body of an error."""
    kind = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


class ChatWriter(StreamWriter):
    """Writes chunks; the last one has what was billed, where the caller asked for it."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__()
        self._with_usage = conversation.stream_usage
        self._base = _base("chat.completion.chunk", conversation.model)
        self._parts: list[AnswerPart] = []
        self._usage = Usage()
        self._calls = self._blocks = 0

    def pieces(self, event: Event) -> Iterator[bytes]:
        if isinstance(event, CallStarted | Finished):
            yield from self._arguments_of_last_call()
        add_to(self._parts, event)
        match event:
            case Started():
                self._base["model"] = event.model or self._base["model"]
                yield self._chunk({"role": "assistant", "content": ""})
            case Finished():
                yield self._chunk({}, _REASONS[event.reason])
            case Billed():
                self._usage = event.usage
            case Ended():
                yield from self._ending()
            case Failed():
                yield sse_event(write_error(event.status, event.message), named=False)
            case _:
                yield from map(self._chunk, self._deltas(event))

    def _deltas(self, event: Event) -> Iterator[Json]:
        match event:
            case TextDelta():
                yield {"content": event.text}
            case ThinkingDelta():
                yield {"reasoning_content": event.text}
            case ThinkingSigned() | ThinkingRedacted():
                yield {"thinking_blocks": [{"index": self._blocks, **_block(self._parts[-1])}]}
                self._blocks += 1
            case CallStarted():
                function = {"name": event.name, "arguments": ""}
                call = {"index": self._calls, "id": event.id, "type": "function", "function": function}
                yield {"tool_calls": [call]}
                self._calls += 1
            case CallDelta():
                yield self._more(event.arguments)

    def _more(self, arguments: str) -> Json:
        return {"tool_calls": [{"index": self._calls - 1, "function": {"arguments": arguments}}]}

    def _arguments_of_last_call(self) -> Iterator[bytes]:
        """A call without arguments has those of an empty object."""
        last = self._parts[-1] if self._parts else None
        if isinstance(last, CallPart) and not last.arguments:
            yield self._chunk(self._more("{}"))

    def _chunk(self, delta: Mapping[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage: Json = {"usage": None} if self._with_usage else {}
        return sse_event({**self._base, "choices": [choice], **usage}, named=False)

    def _ending(self) -> Iterator[bytes]:
        if self._with_usage:
            yield sse_event({**self._base, "choices": [], "usage": _usage(self._usage)}, named=False)
        yield b"data: [DONE]\n\n"
